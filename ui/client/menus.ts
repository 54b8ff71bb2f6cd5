/** Menus close on Escape and on a click elsewhere; the chosen tab is in sight; small buttons that copy and print. */
export function startMenus(): void {
  const open = () => document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')
  document.addEventListener('click', ({ target }) => {
    for (const menu of open()) if (target instanceof Node && !menu.contains(target)) menu.open = false
  })
  document.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape') return
    for (const menu of open()) {
      menu.open = false
      menu.querySelector('summary')?.focus()
    }
  })
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element)) return
    if (target.closest('[data-print]')) print()
    const copy = target.closest<HTMLElement>('[data-copy]')
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy ?? '').catch(() => select(copy.parentElement))
  })
  document.querySelector<HTMLElement>('.errors')?.focus()
  // on a phone the chosen tab may lie beyond the edge; the page itself stays where it opened
  const tab = document.querySelector<HTMLElement>('.tabs a[aria-current]')
  const tabs = tab?.closest<HTMLElement>('.tabs')
  if (tab && tabs) tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.clientWidth) / 2
}

/** Where the clipboard is not allowed, the text is at least selected. */
function select(element: Element | null) {
  if (element) getSelection()?.selectAllChildren(element)
}
