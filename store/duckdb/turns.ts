/** Runs tasks one after the other, in the order they were asked for; one that fails does not stop the next. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task)
    this.#last = turn.catch(() => undefined) // its caller has the error; the next in line only needs to know it is over
    return turn
  }
}
