/** One piece of work at a time, in the order of asking. A failure is its asker's; the next one runs all the same. */
export class WriterQueue {
  #last: Promise<unknown> = Promise.resolve()

  add<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }
}
