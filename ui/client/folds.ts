/** What somebody has opened stays open when its fragment is drawn anew. */

const folds = (element: HTMLElement) => [...element.querySelectorAll<HTMLDetailsElement>('details[data-fold]')]

export const openFolds = (element: HTMLElement): ReadonlySet<string> =>
  new Set(folds(element).flatMap(({ open, dataset }) => (open ? [dataset.fold ?? ''] : [])))

export function reopen(element: HTMLElement, open: ReadonlySet<string>): void {
  for (const fold of folds(element)) if (open.has(fold.dataset.fold ?? '')) fold.open = true
}
