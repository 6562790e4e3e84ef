import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { lockProfile } from '../../../electron/platform/file-lock.ts'

/** Takes the lock, ignores the result, has garbage collected, says that it holds it, and lives until it is killed. */
const [folder = ''] = process.argv.slice(2)
lockProfile(folder)
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
for (let turn = 0; turn < 3; turn += 1) {
  collectGarbage()
  await new Promise((resolve) => setImmediate(resolve))
}
process.stdout.write('held\n')
process.stdin.resume()
