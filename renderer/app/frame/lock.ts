import { ask, problemFrom } from '../../bridge/index.ts'
import { readAppAgain } from '../state/app-state.ts'
import { notify } from '../state/notices.ts'

/** What has to be saved before a lock that the person asks for: drafts. Each registers while it is open. */
export const savedBeforeLock = new Set<() => Promise<void>>()

/** Locks the keyring. Runs go on; the page goes away as soon as main says that it is locked. */
export const lockNow = async (): Promise<void> => {
  try {
    await Promise.all(Array.from(savedBeforeLock, (save) => save()))
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
