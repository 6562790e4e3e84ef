import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openPackage } from '../../electron/escrow/package/open.ts'
import { readPackageFolder } from '../../electron/escrow/place-folder.ts'
import { systemClock } from '../../electron/platform/clock.ts'
import type { HsmKey } from '../../electron/ports/hsm.ts'
import { keyIdOf } from '../../electron/wizards/hsm-key/plan.ts'
import { asRunId, runMark, type RunId } from '../../shared/model/ids.ts'
import type { RunView } from '../../shared/model/plan.ts'
import { AskRefused } from '../support/ask.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import { holdersOf, prepareGroup } from '../support/escrow-export-answers.ts'
import { wordsOf } from '../support/escrow-package.ts'
import { hsmKeyAnswers, makeKeks, ownToken, tokenRefOf } from '../support/hsm-key-answers.ts'
import { openRehearsal } from '../support/rehearsal.ts'
import { watchHsm, type HsmKill, type HsmWatch } from './hsm-watch.ts'

/** A run of the job HSM key, for a vault and a share group, with a folder, a label and a PIN of its own. */
export interface KeyRun {
  view: RunView
  /** The code of what refused the start and was tried once more; null: it began at once. */
  refused: string | null
  folder: string
}

/** One rehearsal for all trials. What a run makes on the token carries its mark, so trials do not meet. */
export interface HsmKillStage {
  readonly watch: HsmWatch
  begin(kill: HsmKill | null): Promise<KeyRun>
  retry(run: RunId): Promise<RunView>
  leave(run: RunId): Promise<void>
  /** What a run left in its folder, on the token, in the keyring and on Overview, without what differs from run to run. */
  leftBy(run: RunId, folder: string): Promise<string[]>
  /** Whether its key can be wrapped, as the token says, and whether Overview tells. */
  openKeyOf(run: RunId): Promise<{ there: boolean; told: boolean }>
  chainHolds(): boolean
  end(): Promise<void>
}

export const openHsmKillStage = async (): Promise<HsmKillStage> => {
  const watch = watchHsm()
  let passed = 0
  const house = await openRehearsal(prepareGroup, {
    startHsmProcess: watch.start,
    // After some crashes a module is not started again for ten minutes: between two trials more than that pass.
    clock: { now: () => systemClock.now(), monotonicMs: () => systemClock.monotonicMs() + passed },
  })
  const { program, ask, home, simulators } = house
  const hsm = await tokenRefOf(ask)
  if (hsm === null) throw new Error('SoftHSM and pkcs11js are needed for this')
  await ask('hsm.probe', { id: hsm.id, seen: null })
  const { answers: keks } = await makeKeks(program, ask, 1)
  const { group, shares } = holdersOf(home)
  let trials = 0

  const onToken = async <Value>(
    look: (keys: readonly HsmKey[], pin: string) => Value | Promise<Value>,
  ): Promise<Value> => {
    const own = await ownToken(simulators)
    try {
      return await look(await own.token.find(), own.pin)
    } finally {
      await own.end()
    }
  }
  const pinText = await onToken((_keys, pin) => pin)
  const keysOfRun = (keys: readonly HsmKey[], run: RunId): HsmKey[] =>
    keys.filter(({ id }) => id === keyIdOf(run))

  const prepared = async (folder: string): Promise<string> => {
    mkdirSync(join(home, folder))
    const bytes = new TextEncoder().encode(pinText)
    const kept = { purpose: 'hsm.pin', target: hsm.id, label: 'PIN', rule: 'token-pin', bytes } as const
    const answers = hsmKeyAnswers(hsm.id, {
      pin: (await ask('secrets.keep', kept)).handle,
      label: folder,
      destination: 'chosen',
      keks,
      group,
      place: await pickFolder(ask, folder),
    })
    const draft = await saveDraft(ask, answers, 'hsm-key')
    const { digest, advice } = await ask('wizard.review', { draft })
    if (advice.blockers.length > 0) throw new Error(JSON.stringify(advice.blockers))
    return digest
  }

  const start = async (digest: string): Promise<RunId> =>
    asRunId((await ask('runs.start', { digest, ticket: 'KILL-1', reason: 'a process is killed' })).run)

  const packageLine = async (path: string, mine: readonly HsmKey[]): Promise<string> => {
    using opened = openPackage(
      await readPackageFolder(path),
      { kind: 'known', fingerprints: program.record.countersigners() },
      { kind: 'shares', shares: wordsOf(...shares.slice(1)) },
    )
    using item = opened.item(1).content
    const spki = item.use((bytes) =>
      createPublicKey(createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })).export({
        format: 'der',
        type: 'spki',
      }),
    )
    const print = createHash('sha256').update(spki).digest('hex')
    return `package: ${mine.some(({ spkiSha256 }) => spkiSha256 === print) ? 'this key' : 'another key'}`
  }

  return {
    watch,
    begin: async (kill) => {
      passed += 11 * 60_000
      trials += 1
      const folder = `KTR-KILL-${trials}`
      const digest = await prepared(folder)
      watch.begin(kill)
      try {
        return { view: await program.engine.settled(await start(digest)), refused: null, folder }
      } catch (thrown) {
        if (!(thrown instanceof AskRefused)) throw thrown
        // A start reads the token once more; refused there, nothing has begun, and the person presses Run again.
        const view = await program.engine.settled(await start(digest))
        return { view, refused: thrown.problem.code, folder }
      }
    },
    retry: async (run) => {
      await ask('runs.retry', { run })
      return program.engine.settled(run)
    },
    leave: async (run) => void (await ask('runs.leave', { run, reason: 'the PIN is in doubt' })),
    leftBy: (run, folder) =>
      onToken(async (keys) => {
        const names = readdirSync(join(home, folder))
        const isPackage = (name: string): boolean => name.startsWith('keyturn-escrow-')
        const mine = keysOfRun(keys, run)
        const others = keys.filter(({ label }) => !/^KTR-KILL-\d+$/.test(label))
        const lines = [
          ...names.map((name) =>
            isPackage(name) ? 'a package' : name.replaceAll(runMark(run), 'MARK').replaceAll(folder, 'LABEL'),
          ),
          ...mine.map((key) => `token: ${key.class} ${key.type} extractable=${key.attributes.extractable}`),
          ...others.map((key) => `token, nobody’s: ${key.label} ${key.class} ${key.type}`),
          `sealed: ${program.keyring.sealedRuns().includes(run)}`,
          `open: ${(await ask('app.state', {})).openKeys.some((one) => one.run === run)}`,
        ]
        for (const name of names.filter(isPackage))
          lines.push(await packageLine(join(home, folder, name), mine))
        return lines.sort()
      }),
    openKeyOf: async (run) => ({
      there: await onToken((keys) =>
        keysOfRun(keys, run).some((key) => key.class === 'private' && key.attributes.extractable === true),
      ),
      told: (await ask('app.state', {})).openKeys.some((one) => one.run === run),
    }),
    chainHolds: () => program.record.verifyChain().unbroken,
    end: () => house.end(),
  }
}
