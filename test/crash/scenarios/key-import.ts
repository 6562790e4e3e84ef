import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pickFolder } from '../../support/encrypted-backup-answers.ts'
import {
  atVault,
  exchangeKey,
  firstHost,
  makeSecondVault,
  ownKey,
  putFiles,
  secondHost,
  transferAnswers,
  transferFile,
} from '../../support/key-import-answers.ts'
import { azureRefOf } from '../../support/vault-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const name = 'KTR-TDE-OWN'

/** Two vaults, a file for each: whenever the process ends, no file is sent a second time, so no key has two versions. */
export const keyImport: CrashScenario = {
  job: 'key-import',
  servers: [],
  prepare: async ({ program, ask }) => {
    const azure = await azureRefOf(ask)
    await makeSecondVault(program.azure, azure)
    const own = ownKey()
    const file = async (host: string): Promise<Buffer> =>
      transferFile({ kek: await exchangeKey(program.azure, azure, host), pkcs8: own.pkcs8 })
    putFiles(join(homedir(), localFolder), {
      'first.byok': await file(firstHost),
      'second.byok': await file(secondHost),
      'public.pem': own.publicKey,
    })
  },
  answers: async ({ ask }) =>
    transferAnswers((await azureRefOf(ask)).id, await pickFolder(ask, localFolder), {
      second: true,
      secondVault: secondHost,
      secondFile: 'second.byok',
      keyName: name,
    }),
  endState: async ({ program, ask }) => {
    const azure = await azureRefOf(ask)
    const lines: string[] = []
    for (const host of [firstHost, secondHost]) {
      const [key, versions] = await atVault(program.azure, azure, host, async (vault) => [
        await vault.key(name),
        await vault.versions(name),
      ])
      lines.push(`${host}: ${versions.length} versions, ${key?.type ?? ''} ${String(key?.bits)}`)
      lines.push(
        `${host}: ${Buffer.from(key?.publicKey?.modulus ?? [])
          .toString('hex')
          .slice(0, 32)}`,
      )
    }
    return [...lines, ...readdirSync(join(homedir(), localFolder)).map((file) => `local file: ${file}`)]
  },
  middle: null,
  shortPoints: 2,
}
