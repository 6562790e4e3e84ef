import { ask, problemFrom } from '../bridge/index.ts'
import { notify, snack } from '../app/state/notices.ts'

/** Copies text through main, which clears it again; the page itself has no access to the clipboard. */
export const copyText = async (text: string, what: string): Promise<void> => {
  try {
    await ask('app.copy', { text })
    snack(`${what} copied`)
  } catch (thrown) {
    const problem = problemFrom(thrown)
    notify({
      id: 'copy',
      tone: 'failed',
      title: `${what} was not copied`,
      body: `${problem.title}. ${problem.next}.`,
    })
  }
}
