/** One dialog for one problem or many; without scripts the same button leads to the problem's own page. */
export function startAcknowledging(): void {
  const dialog = document.querySelector<HTMLDialogElement>('#acknowledge')
  if (!dialog) return
  const picked = () => [...document.querySelectorAll<HTMLInputElement>('.pick input:checked')]
  let opener: Element | null = null

  const ask = (checks: readonly { id: string; name: string }[]) => {
    opener = document.activeElement
    dialog
      .querySelector('[data-checks]')
      ?.replaceChildren(
        ...checks.map(({ id }) => Object.assign(document.createElement('input'), { type: 'hidden', name: 'check', value: id })),
      )
    const what = dialog.querySelector('[data-what]')
    if (what) what.textContent = checks.map(({ name }) => name).join(', ')
    dialog.showModal()
    dialog.querySelector<HTMLInputElement>('input[name=comment]')?.focus()
  }
  const nameOf = (element: Element) => element.closest<HTMLElement>('[data-name]')?.dataset.name ?? ''

  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : null
    const button = target?.closest<HTMLElement>('[data-acknowledge]')
    if (button) {
      event.preventDefault()
      ask([{ id: button.dataset.acknowledge ?? '', name: nameOf(button) }])
    } else if (target?.closest('[data-acknowledge-selected]')) ask(picked().map((box) => ({ id: box.value, name: nameOf(box) })))
    else if (target?.closest('[data-close]')) dialog.close()
  })
  dialog.addEventListener('close', () => {
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
  })
  document.addEventListener('change', ({ target }) => {
    if (target instanceof Element && target.closest('.pick')) showSelection(picked().length)
  })
}

function showSelection(count: number) {
  const bar = document.querySelector<HTMLElement>('[data-selection]')
  const text = bar?.querySelector<HTMLElement>('[data-selected]')
  if (!bar || !text) return
  bar.hidden = count === 0
  text.textContent = counted(text.dataset.selected ?? '', count)
}

/** The server gives the texts for one and for two, parted by a bar; the number is what changes. */
export function counted(forms: string, count: number): string {
  const [one = '', other = one] = forms.split('|')
  return count === 1 ? one : other.replace('2', String(count))
}
