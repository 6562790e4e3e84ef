import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { openPackage } from '../../../electron/escrow/package/open.ts'
import { readPackageFolder } from '../../../electron/escrow/place-folder.ts'
import { runMark } from '../../../shared/model/ids.ts'
import { pickFolder } from '../../support/encrypted-backup-answers.ts'
import { holdersOf, prepareGroup } from '../../support/escrow-export-answers.ts'
import { wordsOf } from '../../support/escrow-package.ts'
import { hsmKeyAnswers, keysOn, makeKeks, ownToken, tokenRefOf } from '../../support/hsm-key-answers.ts'
import { localFolder, type CrashScenario } from '../scenario.ts'

const profile = (): string => join(dirname(homedir()), 'profile')

/** For a vault and a share group: never a second key, never one that stays open, whenever the process ends. */
export const hsmKey: CrashScenario = {
  job: 'hsm-key',
  servers: [],
  prepare: async ({ program, ask }) => {
    await prepareGroup({ profile: profile(), home: homedir() })
    await makeKeks(program, ask, 1)
    const hsm = await tokenRefOf(ask)
    if (hsm === null) throw new Error('SoftHSM and pkcs11js are needed for this scenario')
    await ask('hsm.probe', { id: hsm.id, seen: null })
  },
  answers: async ({ program, ask }) => {
    const { answers: keks } = await makeKeks(program, ask, 1)
    return hsmKeyAnswers((await tokenRefOf(ask))?.id ?? '', {
      destination: 'chosen',
      keks,
      group: holdersOf(homedir()).group,
      place: await pickFolder(ask, localFolder),
    })
  },
  middle: null,
  endState: async ({ program, ask, simulators }, run) => {
    const folder = join(homedir(), localFolder)
    const lines = readdirSync(folder).map((name) =>
      name.startsWith('keyturn-escrow-')
        ? 'local folder: a package'
        : `local file: ${name.replaceAll(runMark(run), 'MARK')}`,
    )
    const { openKeys } = await ask('app.state', {})
    lines.push(`keys left open: ${openKeys.length}`)
    const own = await ownToken(simulators)
    try {
      lines.push(...(await keysOn(own.token)).map((line) => `token: ${line}`))
      const prints = (await own.token.find({ class: 'private' })).map(({ spkiSha256 }) => spkiSha256)
      for (const name of readdirSync(folder).filter((one) => one.startsWith('keyturn-escrow-'))) {
        using opened = openPackage(
          await readPackageFolder(join(folder, name)),
          { kind: 'known', fingerprints: program.record.countersigners() },
          { kind: 'shares', shares: wordsOf(...holdersOf(homedir()).shares.slice(1)) },
        )
        using item = opened.item(1).content
        const print = item.use((bytes) => {
          const key = createPublicKey(createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' }))
          return createHash('sha256')
            .update(key.export({ format: 'der', type: 'spki' }))
            .digest('hex')
        })
        lines.push(`package: the token’s key ${prints.includes(print)}, signer ${opened.signer.standing}`)
      }
    } finally {
      await own.end()
    }
    return lines
  },
  shortPoints: 3,
}
