import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { openPackage } from '../../../electron/escrow/package/open.ts'
import { readPackageFolder } from '../../../electron/escrow/place-folder.ts'
import { openRegister } from '../../../electron/escrow/register.ts'
import { wordsOf } from '../../support/escrow-package.ts'
import {
  answersOfAzureExport,
  escrowBlobs,
  exportFolders,
  exportServer,
  holdersOf,
  prepareExport,
} from '../../support/escrow-export-answers.ts'
import type { CrashScenario } from '../scenario.ts'

const profile = (): string => join(dirname(homedir()), 'profile')

/**
 * A certificate, a kept password and the backup of a vault’s key, into two folders and a container; in the end the shares
 * open what the server has.
 */
export const escrowExport: CrashScenario = {
  job: 'escrow-export',
  servers: [exportServer],
  prepare: (stage) => prepareExport(stage, { profile: profile(), home: homedir() }),
  answers: ({ ask }) => answersOfAzureExport(ask, homedir()),
  middle: null,
  endState: async ({ program, ask }) => {
    const lines: string[] = []
    for (const place of exportFolders) {
      const folder = join(homedir(), place)
      for (const name of readdirSync(folder)) {
        const files = await readPackageFolder(join(folder, name))
        lines.push(`${place}: a package of ${[...files.keys()].sort().join(', ')}`)
        using opened = openPackage(
          files,
          { kind: 'known', fingerprints: program.record.countersigners() },
          { kind: 'shares', shares: wordsOf(...holdersOf(homedir()).shares.slice(1)) },
        )
        lines.push(`${place}: signer ${opened.signer.standing}`)
        for (const { number, kind } of opened.manifest.items) {
          using content = opened.item(number).content
          const text = content.use((bytes) => bytes.toString('utf8'))
          const fits =
            kind !== 'certificate' || new X509Certificate(text).checkPrivateKey(createPrivateKey(text))
          lines.push(`${place}: item ${number}, ${kind}, ${fits ? 'a pair or a password' : 'no pair'}`)
        }
      }
    }
    const blobs = await escrowBlobs(program, ask)
    const manifests = blobs.filter((name) => name.endsWith('/MANIFEST.json')).length
    lines.push(`container: ${manifests} manifests`)
    lines.push(...blobs.map((name) => `blob: ${name.split('/').slice(1).join('/')}`))
    const register = await openRegister(profile())
    for (const { storedAt, items } of register.packages())
      lines.push(`listed: ${items.length} items, ${storedAt.map(({ state }) => state).join(', ')}`)
    return lines
  },
  shortPoints: 3,
}
