import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { openPackage } from '../../../electron/escrow/package/open.ts'
import { readPackageFolder } from '../../../electron/escrow/place-folder.ts'
import { openRegister } from '../../../electron/escrow/register.ts'
import {
  answersOfRewrap,
  packagesToRewrap,
  rewrapFolder,
  rewrappedOf,
} from '../../support/escrow-rewrap-answers.ts'
import { wordsOf } from '../../support/escrow-package.ts'
import type { CrashScenario } from '../scenario.ts'

const profile = (): string => join(dirname(homedir()), 'profile')

/** Three packages for another group; in the end each opens with shares of that one, once, and the old ones are marked. */
export const escrowRewrap: CrashScenario = {
  job: 'escrow-rewrap',
  servers: [],
  prepare: async () =>
    void (await packagesToRewrap({ profile: profile(), home: homedir() }, { listedAt: false })),
  answers: ({ ask }) => answersOfRewrap(ask, homedir()),
  middle: null,
  endState: async ({ program, ask }) => {
    const { next, packages } = rewrappedOf(homedir())
    const register = await openRegister(profile())
    const folder = join(homedir(), rewrapFolder)
    const lines: string[] = [`folders: ${readdirSync(folder).length}`]
    for (const old of register.packages().filter(({ id }) => packages.includes(id))) {
      lines.push(`an old package: ${old.replacedBy === null ? 'not replaced' : 'replaced'}`)
      const now = register.packages().find(({ id }) => id === old.replacedBy)
      if (now === undefined) continue
      const key = { kind: 'shares', shares: wordsOf(...next.shares.slice(1)) } as const
      const trust = { kind: 'known', fingerprints: program.record.countersigners() } as const
      using opened = openPackage(
        await readPackageFolder(join(folder, `keyturn-escrow-${now.id}`)),
        trust,
        key,
      )
      const lengths = opened.manifest.items.map(({ number }) => {
        using content = opened.item(number).content
        return content.length
      })
      lines.push(
        `its successor: ${now.storedAt.map(({ state }) => state).join(', ')}; signer ${opened.signer.standing}; ` +
          `${lengths.length} items opened; certificates: ${opened.manifest.recipients.length}; ` +
          `replaces it: ${opened.manifest.replaces?.package === old.id}`,
      )
    }
    const page = { sort: null, search: '', filters: [], offset: 0, limit: 100 }
    const { rows } = await ask('secrets.list', { page })
    return [
      ...lines,
      `packages that are listed: ${register.packages().length}`,
      `shares that are kept: ${rows.filter(({ purpose }) => purpose === 'escrow.share').length}`,
    ]
  },
  shortPoints: 2,
}
