#!/bin/bash
# Builds a tiny Linux guest from Debian packages into the directory given: vmlinuz, initrd, disk (ext4, mounted at /mnt).
# In it: busybox, the drivers of virtio, and the guest agent of QEMU.
set -euo pipefail
out=$(realpath "$1")
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"; cd "$tmp"
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/{print $2; exit}')
apt-get download -qq "$kernel" busybox-static qemu-guest-agent libglib2.0-0 liburing2 libudev1 libpcre2-8-0 >/dev/null 2>&1
for deb in *.deb; do dpkg-deb -x "$deb" root; done
cp root/boot/vmlinuz-* "$out/vmlinuz"
mkdir -p fs/{bin,proc,sys,dev,modules,mnt,run,tmp,var/run,lib64}
cp root/bin/busybox fs/bin/
cp root/usr/sbin/qemu-ga fs/bin/
libraries=$(LD_LIBRARY_PATH=$tmp/root/lib/x86_64-linux-gnu:$tmp/root/usr/lib/x86_64-linux-gnu ldd root/usr/sbin/qemu-ga | awk '/=> \//{print $3}')
cp -L /lib64/ld-linux-x86-64.so.2 fs/lib64/
for library in $libraries; do cp -L "$library" fs/lib64/; done
modules="crc16 crc32c_generic mbcache jbd2 ext4 virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci
  virtio_balloon virtio_blk virtio_console failover net_failover virtio_net"
for m in $modules; do
  file=$(find root/lib/modules -name "$m.ko*" | head -1)
  case $file in
    *.xz) xz -dc "$file" > fs/modules/$m.ko ;;
    *.ko) cp "$file" fs/modules/ ;;
  esac
done
echo $modules > fs/modules/order
cat > fs/init <<'EOF'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin LD_LIBRARY_PATH=/lib64
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for m in $(cat /modules/order); do [ -e /modules/$m.ko ] && insmod /modules/$m.ko; done
hostname guest1
mount /dev/vda /mnt
ip link set lo up
for n in /sys/class/net/eth*; do ip link set ${n##*/} up; ip addr add 10.77.0.2/24 dev ${n##*/}; done
for p in /sys/class/virtio-ports/*; do
  [ "$(cat $p/name)" = org.qemu.guest_agent.0 ] && agent=/dev/${p##*/}
done
echo "guest up, agent at $agent"
qemu-ga -m virtio-serial -p "$agent" -t /run -f /run/qga.pid &
( while :; do dd if=/dev/zero of=/mnt/load bs=64k count=16 conv=fsync 2>/dev/null; dd if=/mnt/load of=/dev/null bs=64k 2>/dev/null; sleep 1; done ) &
while :; do sleep 60; done
EOF
chmod 755 fs/init
(cd fs && find . | "$tmp/root/bin/busybox" cpio -o -H newc 2>/dev/null) | gzip -1 > "$out/initrd"
truncate -s 32M "$out/disk"
mke2fs -q -t ext4 -F "$out/disk"
