import type { BrowserWindow, Dialog } from 'electron'

/** What closing the window has to know of runs. */
export interface RunsUnderWay {
  /** Titles of runs that are working now. */
  titles(): string[]
  /** Asks each of them to stop when its current step has ended. */
  stopAfterStep(): void
  /** Resolves when none is working any more. */
  idle(): Promise<void>
}

export interface CloseGuard {
  /** Closes as if the person had; true when the window goes, false when the person keeps it open. */
  request(): Promise<boolean>
}

const keepOpen = 0
const stopAndClose = 1

/**
 * While a run is working the window does not close by itself: the person keeps it open, or the run ends after its
 * current step first. A second attempt while the question is open or the step is ending waits for the same answer.
 */
export const guardClose = (
  window: BrowserWindow,
  dialog: Pick<Dialog, 'showMessageBox'>,
  runs: RunsUnderWay,
): CloseGuard => {
  let decided = false
  let asking: Promise<boolean> | null = null

  const ask = async (titles: string[]): Promise<boolean> => {
    const { response } = await dialog.showMessageBox(window, {
      type: 'question',
      message: titles.length === 1 ? 'A run is under way' : `${titles.length} runs are under way`,
      detail:
        `${titles.join('\n')}\n\nThe current step is brought to its end and checked before the window closes. ` +
        'The run can be resumed or undone later.',
      buttons: ['Keep open', 'Stop after this step and close'],
      defaultId: keepOpen,
      cancelId: keepOpen,
      noLink: true,
    })
    if (response !== stopAndClose) return false
    runs.stopAfterStep()
    await runs.idle()
    return true
  }

  const request = async (): Promise<boolean> => {
    const titles = runs.titles()
    if (!decided && titles.length > 0) {
      asking ??= ask(titles).finally(() => {
        asking = null
      })
      if (!(await asking)) return false
    }
    decided = true
    if (!window.isDestroyed()) window.close()
    return true
  }

  window.on('close', (event) => {
    if (decided || runs.titles().length === 0) return
    event.preventDefault()
    void request()
  })
  return { request }
}
