import { createKeyring } from '../../../electron/keyring/keyring.ts'
import { systemClock } from '../../../electron/platform/clock.ts'
import { SecretBytes } from '../../../electron/platform/secret-bytes.ts'
import { asRunId, asTargetId } from '../../../shared/model/ids.ts'

/** Writes to the keyring as fast as it can until it is killed, and says each time what is durable. */
const [path = ''] = process.argv.slice(2)
const policy = { minimumN: 2 ** 10, preferredMaximumN: 2 ** 10, maximumN: 2 ** 12, maximumP: 2, targetMs: 0 }
const keyring = createKeyring({ path, clock: systemClock, policy })
await keyring.unlock(SecretBytes.fromText('an owl counts seven keys'))
const binding = { purpose: 'sql.login-password', target: asTargetId('t-aaaaaaaaaaaa') } as const
for (;;) {
  const text = `secret ${keyring.list().length}`
  const { id } = await keyring.put({ ...binding, label: text }, SecretBytes.fromText(text))
  process.stdout.write(`${id}\n`)
  await keyring.sealRun(asRunId(`r-${id.slice(2)}`), [{ name: 'login', id, binding }])
}
