import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import type { Plan } from '../../../shared/model/plan.ts'
import { displayScript } from '../../../shared/model/script.ts'
import type { EndedRun } from '../../../electron/engine/contract.ts'
import { printOf } from '../../../electron/ports/sql-rows.ts'
import { digestOf } from '../../../electron/engine/digest.ts'
import { escrowDrill } from '../../../electron/wizards/escrow-drill/index.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { makeTestGroup } from '../../support/escrow-package.ts'
import { encryptedBackupOn, share, type DrillServer } from './drill-servers.ts'
import { leftOn, undoDrill, type DrillWalk } from './drill-walk.ts'
import {
  backupFile,
  drillContext,
  elsewhere,
  escrowHandler,
  escrowStage,
  planEscrow,
  walkEscrow,
  walkFor,
  type EscrowStage,
} from './escrow-drill-stage.ts'
import { runId } from './samples.ts'

let stage: EscrowStage
beforeAll(async () => {
  stage = await escrowStage()
})
afterAll(() => stage.stop())

const kinds = (plan: Plan): string[] => plan.steps.map(({ kind }) => kind)

/** Where the walk ended, with the code of why. */
const end = async (plan: Plan, walk: DrillWalk): Promise<string> => {
  const { failed } = await walkEscrow(stage, plan, walk)
  return failed === null ? 'went well' : `${failed.step.kind}: ${failed.problem.code}`
}

describe('an escrow drill on simulated servers', () => {
  it('joins shares, opens the items, restores the certificate, reads a real backup with it, and leaves nothing', async () => {
    const { plan, advice } = await planEscrow(stage)
    expect(advice.blockers).toEqual([])
    expect(kinds(plan)).toEqual([
      'check-drill-server',
      'verify-escrow-package',
      'open-escrow-package',
      'open-escrow-item',
      'open-escrow-item',
      'create-drill-master-key',
      'restore-escrow-certificate',
      'prove-escrow-certificate',
      'read-escrow-backup',
      'drop-drill-certificate',
      'drop-drill-master-key',
    ])
    const walk = await walkFor(stage)
    expect(await end(plan, walk)).toBe('went well')
    expect(
      walk.proofs.map(({ kind, level, by, location }) => `${kind} ${level} by ${by}: ${location}`),
    ).toEqual(
      ['opened by keyturn', 'opened by server', 'restored by server'].map(
        (how) => `certificate ${how}: ${stage.folder}: ${packageFolderName(stage.made.id)}, items/01.p7`,
      ),
    )
    expect(walk.earlier.find(({ data }) => data?.['holders'] !== undefined)?.value).toBe('Holder 1, Holder 2')
    expect(await leftOn(stage.servers)).toEqual([])
  })

  it('tells nothing of a passphrase but its length, and no share anywhere', async () => {
    const { plan } = await planEscrow(stage)
    const walk = await walkFor(stage)
    await walkEscrow(stage, plan, walk)
    const all = JSON.stringify([
      plan,
      walk.earlier,
      walk.proofs,
      walk.said,
      plan.steps.map(({ scripts }) => scripts.map(displayScript)),
    ])
    expect(all).not.toContain('Passphrase-Of-The-Store-7')
    for (const words of stage.group.shares) expect(all).not.toContain(words.slice(0, 40))
    expect(walk.earlier.find(({ statement }) => statement.startsWith('Item 2'))?.value).toBe('25 bytes')
  })

  it('is planned the same from the same facts, and names every share as a hole', async () => {
    const [one, two] = [await planEscrow(stage), await planEscrow(stage)]
    expect(digestOf(one.plan)).toBe(digestOf(two.plan))
    expect(one.plan.secrets.map(({ hole, purpose, target }) => `${hole} ${purpose} ${target.id}`)).toEqual([
      `share_01 escrow.share ${stage.made.id}`,
      `share_02 escrow.share ${stage.made.id}`,
    ])
    const texts = one.plan.steps.flatMap(({ scripts }) => scripts.map(displayScript))
    expect(texts.filter((text) => text.includes('«share_01», «share_02»'))).toHaveLength(3)
  })

  it('opens with a recipient’s private key file under its passphrase, and says that the group is no part of it', async () => {
    const pem = stage.recipient.privateKey.export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'Recipient-Passphrase-3',
    })
    writeFileSync(join(stage.other, 'custodian.pem'), pem)
    const opening = {
      openWith: 'recipient',
      recipientFolder: elsewhere,
      recipientKeyFile: 'custodian.pem',
      recipientPassphrase: 'h-pass',
      share1: null,
      share2: null,
    }
    const { plan, advice } = await planEscrow(stage, opening)
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toContain('The share group is not part of this drill')
    expect(await end(plan, await walkFor(stage))).toBe('went well')
    writeFileSync(join(stage.other, 'custodian.pem'), `${String(pem)}\n`)
    expect(await end(plan, await walkFor(stage))).toBe('open-escrow-package: file-changed')
    expect(await leftOn(stage.servers)).toEqual([])
  })

  it('a recovery brings the certificate back under its own name, leaves it, and says what to replace', async () => {
    const wish = { purpose: 'recovery', masterKeyMode: 'password', masterKeyPassword: 'h-dmk', items: ['1'] }
    const { plan, advice } = await planEscrow(stage, wish)
    expect(advice.blockers).toEqual([])
    expect(advice.warnings.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['Replace the share group Recovery of Contoso, Zürich afterwards']),
    )
    expect(escrowDrill(stage.means).notChecked(plan).join(' ')).toContain('What has to be replaced now')
    const walk = await walkFor(stage)
    const walked = await walkEscrow(stage, plan, walk)
    expect(walked.failed).toBeNull()
    expect(walk.earlier.findLast(({ data }) => data?.['headline'] !== undefined)?.data).toMatchObject({
      headline: `Recovery from escrow package ${stage.made.id} brought back`,
      subject: 'Certificate KT_A',
      fact: 'an encrypted backup opened on the server',
    })
    expect(await leftOn(stage.servers)).toEqual(['KT_A', '##MS_DatabaseMasterKey##'])
    await undoDrill(walked, walk, escrowHandler(stage))
    expect(await leftOn(stage.servers)).toEqual([])
  })

  it('takes back what it made when it is undone in the middle, and nothing else', async () => {
    const { plan } = await planEscrow(stage)
    const walk = await walkFor(stage)
    const walked = await walkEscrow(stage, { ...plan, steps: plan.steps.slice(0, 8) }, walk)
    expect(await leftOn(stage.servers)).toHaveLength(2)
    await undoDrill(walked, walk, escrowHandler(stage))
    expect(await leftOn(stage.servers)).toEqual([])
  })
})

/** Restores the backup and drops the database again, as a restore drill does; gives how many rows msdb then has of it. */
const restoredOnce = async (drill: DrillServer): Promise<number> => {
  await drill.run(
    `RESTORE DATABASE [Once] FROM DISK = N'${backupFile}' WITH MOVE N'Sales' TO N'D:\\Data\\once.mdf', MOVE N'Sales_log' TO N'D:\\Data\\once.ldf';
DROP DATABASE [Once]`,
  )
  return (await drill.rows('SELECT bs.backup_set_id AS id FROM msdb.dbo.backupset AS bs')).length
}

describe('a server that restored a backup under the key before', () => {
  it('keeps no key of an undone drill: rows of restores are no use of it', async () => {
    // The rows stay in msdb.
    const own = await escrowStage()
    onTestFinished(() => own.stop())
    const { plan } = await planEscrow(own)
    const walk = await walkFor(own)
    const walked = await walkEscrow(own, { ...plan, steps: plan.steps.slice(0, 8) }, walk)
    const { drill } = own.servers
    const lines = await restoredOnce(drill)
    expect(lines).toBeGreaterThan(0)
    const made = walked.done.find(({ step }) => step.kind === 'restore-escrow-certificate')
    const { certificate } = made?.step.params as { certificate: string }
    const [row] = await drill.rows(
      `SELECT c.thumbprint AS thumbprint FROM master.sys.certificates AS c WHERE c.name = N'${certificate}'`,
    )
    const thumbprint = printOf(row?.['thumbprint'])
    if (made === undefined) throw new Error('no certificate was restored')
    const undo = (before: string[]) =>
      escrowHandler(own)('restore-escrow-certificate').undo?.(
        drillContext(made.step, walk, { thumbprints: before }),
      )
    await expect(undo([thumbprint ?? ''])).rejects.toMatchObject({ code: 'undo-refused' })
    await undoDrill(walked, walk, escrowHandler(own))
    expect(await leftOn(own.servers)).toEqual([])
  })
})

describe('which layer did not hold', () => {
  it.each([
    [
      'a share of another group',
      async () => [stage.group.shares[0] ?? '', (await makeTestGroup(2, 3)).shares[1] ?? ''],
      'package-share-other',
    ],
    [
      'the same share twice',
      async () => [stage.group.shares[0] ?? '', stage.group.shares[0] ?? ''],
      'package-shares-few',
    ],
  ])(
    'shares: %s',
    async (_, shares, code) => {
      const { plan } = await planEscrow(stage)
      expect(await end(plan, await walkFor(stage, await shares()))).toBe(`open-escrow-package: ${code}`)
      expect(await leftOn(stage.servers)).toEqual([])
    },
    60_000,
  )

  it('package: a file that changed since the review, or one more in the folder', async () => {
    const { plan } = await planEscrow(stage)
    const folder = join(stage.folder, packageFolderName(stage.made.id))
    const item = join(folder, 'items', '02.p7')
    const bytes = Buffer.from(stage.made.files.get('items/02.p7') ?? [])
    writeFileSync(item, Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]))
    expect(await end(plan, await walkFor(stage))).toBe('verify-escrow-package: package-file-changed')
    const broken = await planEscrow(stage)
    expect(broken.advice.blockers.map(({ what }) => what)).toEqual(['The package was not read and verified'])
    writeFileSync(item, bytes)
    writeFileSync(join(folder, 'more.txt'), 'x')
    expect(await end(plan, await walkFor(stage))).toBe('verify-escrow-package: package-files')
    rmSync(join(folder, 'more.txt'))
    expect(readdirSync(folder)).not.toContain('more.txt')
  })

  it('signature: nobody knows the signer: blocked until the fingerprint is given; another fingerprint is refused', async () => {
    const known = stage.means.knownSigners
    stage.means.knownSigners = () => new Set()
    try {
      const alone = await planEscrow(stage)
      expect(alone.advice.blockers.map(({ what, screen }) => `${screen}: ${what}`)).toEqual([
        'package: Nobody vouches for the package but the package itself',
      ])
      const given = await planEscrow(stage, {
        signerFingerprint: stage.signer.fingerprint.toUpperCase().replace(/(.{8})/g, '$1 '),
      })
      expect(given.advice.blockers).toEqual([])
      const wrong = await planEscrow(stage, { signerFingerprint: 'a'.repeat(64) })
      expect(wrong.advice.blockers[0]?.measured).toContain('which is not the one that was given')
    } finally {
      stage.means.knownSigners = known
    }
  })

  it('use: a backup under another certificate', async () => {
    await encryptedBackupOn(stage.servers.source, 'KT_B', 'other.bak')
    stage.servers.grantAll()
    const { plan } = await planEscrow(stage, { backupFiles: `${share}\\other.bak` })
    const walk = await walkFor(stage)
    const walked = await walkEscrow(stage, plan, walk)
    expect(walked.failed?.problem).toMatchObject({ code: 'escrow-drill-backup-other' })
    await undoDrill(walked, walk, escrowHandler(stage))
    expect(await leftOn(stage.servers)).toEqual([])
  })

  it('restore: the server has the certificate already under another name, which stays', async () => {
    const wish = { masterKeyMode: 'password', masterKeyPassword: 'h-dmk', purpose: 'recovery', items: ['1'] }
    const first = await walkFor(stage)
    const recovery = await planEscrow(stage, wish)
    const recovered = await walkEscrow(stage, recovery.plan, first)
    const { plan } = await planEscrow(stage, { masterKeyMode: 'use' })
    expect(await end(plan, await walkFor(stage))).toBe('restore-escrow-certificate: sql-exists')
    expect(await leftOn(stage.servers)).toEqual(['KT_A', '##MS_DatabaseMasterKey##'])
    await undoDrill(recovered, first, escrowHandler(stage))
  })

  it('blocks fewer or more shares than the group needs, those of another package, and a server in use', async () => {
    const few = await planEscrow(stage, { share3: 'h-share3' })
    expect(few.advice.blockers.map(({ what }) => what)).toEqual([
      'More shares are given than the group needs',
    ])
    const foreign = await planEscrow(stage, {}, { keptFor: () => [] })
    expect(foreign.advice.blockers.map(({ what }) => what)).toEqual([
      '2 shares are not kept any more, or were given for another package',
    ])
    await stage.servers.drill.run('CREATE DATABASE [Somebody]')
    const { advice } = await planEscrow(stage)
    expect(advice.blockers.map(({ what }) => what)).toEqual(['KTR-DRILL is not empty'])
    await stage.servers.drill.run('DROP DATABASE [Somebody]')
  })
})

describe('what the record keeps', () => {
  it('a drill that went well, and one whose item did not open, each with its layer', async () => {
    const { plan } = await planEscrow(stage)
    const walk = await walkFor(stage)
    await walkEscrow(stage, plan, walk)
    const step = {
      state: 'verified' as const,
      startedAt: '2026-11-26T10:00:00.000Z',
      endedAt: '2026-11-26T10:00:03.000Z',
      proofs: [],
    }
    const ended = {
      plan,
      startedAt: '2026-11-26T10:00:00.000Z',
      endedAt: '2026-11-26T10:00:30.000Z',
      steps: plan.steps.map((_, at) => ({ ...step, evidence: at === 0 ? walk.earlier : [] })),
    }
    const job = escrowDrill(stage.means)
    const [good] = job.results?.({ ...ended, how: 'verified', lastFailure: null }) ?? []
    expect(good).toMatchObject({
      outcome: 'done',
      entry: {
        kind: 'escrow-drill-ended',
        body: {
          purpose: 'drill',
          package: stage.made.id,
          openedBy: 'Holder 1, Holder 2',
          outcome: 'proven',
          layer: null,
          backupOf: 'Sales',
          totalSeconds: 30,
          items: [
            { number: 1, level: 'restored' },
            { number: 2, level: 'opened', thumbprint: null },
          ],
        },
      },
    })
    const failing = await walkEscrow(
      stage,
      plan,
      await walkFor(stage, [stage.group.shares[0] ?? '', stage.group.shares[0] ?? '']),
    )
    const lastFailure = failing.failed && {
      step: failing.failed.step.id,
      problem: failing.failed.problem,
    }
    const [bad] = job.results?.({ ...ended, how: 'left', lastFailure }) ?? []
    expect(bad).toMatchObject({
      outcome: 'failed',
      entry: { body: { outcome: 'failed', layer: 'shares' } },
    })
    expect(plan.runId).toBe(runId)
  })

  it.each([
    ['package', 'open-escrow-package', 'package-manifest'],
    ['package', 'open-escrow-item', 'package-file-changed'],
    ['signature', 'open-escrow-item', 'package-signature'],
    ['shares', 'open-escrow-package', 'share-digest'],
    ['group key', 'open-escrow-package', 'cms-content-changed'],
    ['item', 'open-escrow-item', 'cms-content-changed'],
    ['item', 'restore-escrow-certificate', 'file-wrong-password'],
    ['restore', 'restore-escrow-certificate', 'step-not-verified'],
    ['use', 'prove-escrow-certificate', 'file-key-mismatch'],
    ['use', 'read-escrow-backup', 'drill-key-missing'],
    [null, 'check-drill-server', 'drill-server-not-empty'],
    [null, 'verify-escrow-package', 'package-not-read'],
    [null, 'open-escrow-package', 'file-changed'],
    [null, 'open-escrow-package', 'file-wrong-password'],
    [null, 'open-escrow-package', 'local-file-not-read'],
    [null, 'open-escrow-package', 'run-stopped'],
    [null, 'restore-escrow-certificate', 'sql-exists'],
    [null, 'restore-escrow-certificate', 'sql-permission'],
    [null, 'read-escrow-backup', 'escrow-drill-backup-other'],
    [null, 'read-escrow-backup', 'sql-lost'],
    [null, 'drop-drill-certificate', 'step-not-verified'],
    [null, 'drop-drill-master-key', 'sql-refused'],
  ] as const)('fails at %s or at nothing of the package: %s, %s', async (layer, kind, code) => {
    const { plan } = await planEscrow(stage)
    const failed = plan.steps.find((step) => step.kind === kind)
    if (failed === undefined) throw new Error(`no step ${kind}`)
    const body = endedWith(plan, { step: failed.id, problem: new KeyturnError(code).problem })
    expect(body).toMatchObject({ layer, outcome: layer === null ? 'not-finished' : 'failed' })
    expect(body?.problem).toMatchObject({ code })
  })

  it('a recovery as one, and what has to be replaced after it, where no certificate is among its items', async () => {
    const { plan } = await planEscrow(stage, { purpose: 'recovery', masterKeyMode: 'use', items: ['2'] })
    expect(kinds(plan)).toEqual(['verify-escrow-package', 'open-escrow-package', 'open-escrow-item'])
    expect(endedWith(plan, null)).toMatchObject({ purpose: 'recovery' })
    expect(escrowDrill(stage.means).notChecked(plan).join(' ')).toContain('What has to be replaced now')
    const drill = await planEscrow(stage, { items: ['2'] })
    expect(endedWith(drill.plan, null)).toMatchObject({ purpose: 'drill' })
    expect(escrowDrill(stage.means).notChecked(drill.plan).join(' ')).not.toContain('replaced now')
  })
})

/** What the record keeps of a run that was left. */
const endedWith = (plan: Plan, lastFailure: EndedRun['lastFailure']) => {
  const [result] =
    escrowDrill(stage.means).results?.({
      how: 'left',
      plan,
      startedAt: '2026-11-26T10:00:00.000Z',
      endedAt: '2026-11-26T10:00:30.000Z',
      steps: [],
      lastFailure,
    }) ?? []
  return result?.entry.kind === 'escrow-drill-ended' ? result.entry.body : undefined
}
