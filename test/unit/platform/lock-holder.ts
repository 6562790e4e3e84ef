import { lockProfile } from '../../../electron/platform/file-lock.ts'

/** Takes the lock, says so, and keeps it until it is killed. */
const [folder = ''] = process.argv.slice(2)
lockProfile(folder)
process.stdout.write('held\n')
process.stdin.resume()
