import { ask, problemFrom } from '../../bridge/index.ts'
import { readAppAgain } from '../state/app-state.ts'
import { notify } from '../state/notices.ts'

/** Locks the keyring. Runs go on; the page goes away as soon as main says that it is locked. */
export const lockNow = async (): Promise<void> => {
  try {
    await ask('keyring.lock', {})
    await readAppAgain()
  } catch (thrown) {
    const problem = problemFrom(thrown)
    notify({
      id: 'lock',
      tone: 'failed',
      title: 'Keyturn is not locked',
      body: `${problem.title}. ${problem.next}.`,
    })
  }
}
