import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../electron/engine/digest.ts'
import type { LocalFile } from '../../../electron/wizards/sqlserver/read-local-files.ts'
import { preview as rotationPreview } from '../../../electron/wizards/backup-certificate-rotation/preview.ts'
import { planRotation } from '../../../electron/wizards/backup-certificate-rotation/plan.ts'
import { preview } from '../../../electron/wizards/certificate/preview.ts'
import { notChecked } from '../../../electron/wizards/certificate/not-checked.ts'
import { planCertificate } from '../../../electron/wizards/certificate/plan.ts'
import { runbookSql } from '../../../electron/scripts/runbook/sql.ts'
import { readCertificate } from '../../../electron/formats/x509.ts'
import { certificateTasks } from '../../../shared/forms/certificate-draft.ts'
import { KeyturnError } from '../../../shared/errors/problem.ts'
import { asTargetId } from '../../../shared/model/ids.ts'
import { makeCertificate, makeKey } from '../formats/make-certificate.ts'
import { certificateDraft, certificateFacts, rotationDraft, rotationFacts } from './certificate-samples.ts'
import { target } from './fake-server.ts'
import { certificate, facts, keyThere, read, runId, thumb, unread } from './samples.ts'

const facts1 = readCertificate(makeCertificate(makeKey()))
const localFile = (changes: Partial<LocalFile> = {}): LocalFile => ({
  name: 'pair.cer',
  sha256: 'a'.repeat(64),
  certificate: facts1,
  pfx: false,
  problem: null,
  ...changes,
})
const local = (certificateFile: LocalFile | null = localFile()) =>
  read({
    label: '/home/j/keys',
    names: ['pair.cer', 'pair.pvk'],
    certificate: certificateFile,
    privateKey: localFile({ name: 'pair.pvk', certificate: null, sha256: 'b'.repeat(64) }),
  })
const otherTarget = { ...target, id: asTargetId('t-otherserver2'), name: 'SQLPROD-02' }
const other = (changes: Partial<ReturnType<typeof certificateFacts>> = {}) => ({
  answered: true as const,
  facts: {
    ...certificateFacts({ certificates: read([]), ...changes }),
    target: otherTarget,
    identity: { ...facts().identity, serverName: 'SQLPROD-02' },
  },
})

const everyTask = certificateTasks.map((task) => {
  const existing = { certificateName: 'KT_Old' }
  const draft = certificateDraft({
    task,
    ...(task === 'create' || task.startsWith('import') ? {} : existing),
    ...(task === 'copy' ? { replicas: [otherTarget.id] } : {}),
  })
  const given = certificateFacts({
    local: task === 'import-local' || task === 'compare' ? local() : null,
    others: task === 'copy' ? [other()] : [],
  })
  return [task, draft, given] as const
})

describe('the plan of a certificate', () => {
  it.each(everyTask)('%s: without blockers, pure, and the same byte for byte', (_task, draft, given) => {
    const [one, two] = [planCertificate(draft, given, runId), planCertificate(draft, given, runId)]
    expect(one.advice.blockers).toEqual([])
    expect(one.plan.steps.length).toBeGreaterThan(0)
    expect(digestOf(one.plan)).toBe(digestOf(two.plan))
    expect(JSON.stringify(one)).not.toContain('undefined')
    for (const sentence of notChecked(one.plan)) expect(sentence).toMatch(/^[A-Z].*\.$/)
  })

  it.each(everyTask)('%s: runbook and preview hold its statements and no secret', (task, draft, given) => {
    const { plan } = planCertificate(draft, given, runId)
    const runbook = runbookSql(plan, 'digest')
    for (const step of plan.steps) expect(runbook).toContain(step.title)
    expect(preview({ ...draft }, given).statements).toHaveLength(plan.steps.length)
    expect(preview({ task }, null).refused).toBeNull()
    expect(preview({ task }, null).statements.length).toBeGreaterThan(0)
  })

  it('a file that changes on this computer changes the digest', () => {
    const draft = certificateDraft({ task: 'import-local' })
    const before = planCertificate(draft, certificateFacts({ local: local() }), runId).plan
    const after = planCertificate(
      draft,
      certificateFacts({ local: local(localFile({ sha256: 'c'.repeat(64) })) }),
      runId,
    ).plan
    expect(digestOf(before)).not.toBe(digestOf(after))
    expect(before.secrets.map(({ hole }) => hole)).toEqual(['certificate_file_password'])
    expect(before.steps[0]?.scripts).toEqual([])
  })

  it('a .pfx is written only where the server can', () => {
    const draft = certificateDraft({ format: 'pfx' })
    const { plan, advice } = planCertificate(draft, certificateFacts(), runId)
    expect(advice.blockers).toEqual([])
    expect(plan.steps[1]?.params).toMatchObject({
      certificateFile: 'D:\\Keys\\KT_New_20261122_k7f3ab2c.pfx',
      privateKeyFile: null,
    })
    const old = certificateFacts({
      server: read({ version: '15.0.1', major: 15, edition: 'Standard', engineEdition: 2, serverName: 'S' }),
    })
    expect(planCertificate(draft, old, runId).advice.blockers.map(({ what }) => what)).toEqual([
      'SQLPROD-01 does not read or write .pfx files',
    ])
  })

  it('a .cer of another issuer blocks an import, and does not block a comparison', () => {
    const issued = certificateFacts({
      local: local(localFile({ certificate: { ...facts1, selfSigned: false, issuer: 'CN=An authority' } })),
    })
    const blockersOf = (draft: ReturnType<typeof certificateDraft>) =>
      planCertificate(draft, issued, runId).advice.blockers.map(({ what }) => what)
    expect(blockersOf(certificateDraft({ task: 'import-local' }))).toEqual([
      'pair.cer was signed by another issuer',
    ])
    expect(blockersOf(certificateDraft({ task: 'compare', certificateName: 'KT_Old' }))).toEqual([])
  })

  it.each([
    [2048, 'tde', []],
    [3072, 'tde', []],
    [4096, 'tde', ['The key of pair.cer has 4096 bits']],
    [4096, 'backup', []],
    [8192, 'backup', ['The key of pair.cer has 8192 bits']],
  ] as const)('a key of %i bits for %s', (bits, keyUse, blockers) => {
    const { advice } = planCertificate(
      certificateDraft({ task: 'import-local', keyUse }),
      certificateFacts({ local: local(localFile({ certificate: { ...facts1, bits } })) }),
      runId,
    )
    expect(advice.blockers.map(({ what }) => what)).toEqual(blockers)
  })

  it.each([
    [
      'no master key',
      certificateFacts({ masterKey: read(null) }),
      'master of SQLPROD-01 has no database master key',
    ],
    [
      'one that does not open',
      certificateFacts({ masterKey: read(keyThere(false)) }),
      'The master key of SQLPROD-01 does not open by itself',
    ],
    [
      'a taken name',
      certificateFacts({ certificates: read([certificate({ name: 'kt_new' })]) }),
      'The name KT_New is taken',
    ],
    [
      'no sight of certificates',
      certificateFacts({ certificates: unread() }),
      'Certificates of SQLPROD-01 were not read',
    ],
    [
      'a folder that is not there',
      certificateFacts({ keyFolder: read(false) }),
      'The server does not see the folder D:\\Keys',
    ],
    [
      'a picked folder that is gone',
      certificateFacts({ localCopyLabel: null }),
      'Your folder is not known any more',
    ],
    [
      'a secret that is gone',
      certificateFacts({ secrets: {} }),
      'The secret «certificate_file_password» is not kept any more',
    ],
  ])('%s blocks', (_what, given, expected) => {
    const { advice } = planCertificate(certificateDraft(), given, runId)
    expect(advice.blockers.map(({ what }) => what)).toEqual([expected])
    for (const { screen } of advice.blockers) expect(['task', 'certificate', 'places']).toContain(screen)
  })

  it.each([
    ['NA', 'no private key on this server'],
    ['PW', 'private key under a password, not under the master key'],
  ] as const)('a private key of kind %s can’t be exported', (privateKey, measured) => {
    const { advice } = planCertificate(
      certificateDraft({ task: 'export', certificateName: 'KT_Old' }),
      certificateFacts({ certificates: read([certificate({ privateKey })]) }),
      runId,
    )
    expect(advice.blockers.map((one) => one.measured)).toEqual([measured])
  })

  it('an expired certificate can be exported, copied and compared: restores need it', () => {
    const expired = certificateFacts({ certificates: read([certificate({ expiresOn: '2020-01-01' })]) })
    const draft = certificateDraft({ task: 'export', certificateName: 'KT_Old' })
    expect(planCertificate(draft, expired, runId).advice.blockers).toEqual([])
  })

  it('one year of validity is warned of, and the certificates in use that must stay are named', () => {
    const { advice } = planCertificate(
      certificateDraft({ certificateExpiry: '2027-11-22' }),
      certificateFacts(),
      runId,
    )
    const warnings = advice.warnings.map(({ what }) => what)
    expect(warnings).toContain('After 2027-11-22 (UTC) no new backup can be taken with KT_New')
    expect(warnings).toContain('KT_Old must stay beside KT_New')
  })
})

describe('a copy', () => {
  const draft = certificateDraft({ task: 'copy', certificateName: 'KT_Old', replicas: [otherTarget.id] })
  const planOf = (others: Parameters<typeof certificateFacts>[0]) =>
    planCertificate(draft, certificateFacts(others), runId)

  it('acts on the other server, and its runbook leaves that to be run there', () => {
    const { plan } = planOf({ others: [other()] })
    expect(plan.steps.map(({ target: on }) => on.name)).toEqual(['SQLPROD-02'])
    expect(plan.targets.map(({ ref }) => ref.name)).toEqual(['SQLPROD-01', 'SQLPROD-02'])
    const runbook = runbookSql(plan, 'digest')
    expect(runbook).toContain('--   Part 2 on SQLPROD-02: step 1')
    const [source = '', other_ = ''] = runbook.split('-- Part 2').slice(-2)
    expect(source).not.toMatch(/^CREATE CERTIFICATE/m)
    expect(other_).toMatch(/^CREATE CERTIFICATE/m)
  })

  it('names the replicas of the catalog that it does not reach', () => {
    const replicas = read(
      ['SQLPROD-02', 'sqlprod-01', 'SQLDR-01'].map((replica) => ({ replica, database: 'Sales' })),
    )
    const { advice } = planOf({ others: [other()], replicas })
    expect(advice.warnings.map(({ what }) => what)).toEqual(['Not reached: SQLDR-01'])
    expect(advice.notes.at(-1)?.value).toBe(
      'SQLDR-01 (Sales): no connection; SQLPROD-02 (Sales): connection SQLPROD-02',
    )
    expect(advice.warnings[0]?.why).toContain('add one under Connections')
  })

  it('a server that does not answer is named, and what others said still counts', () => {
    const { advice } = planOf({
      others: [
        other(),
        {
          answered: false,
          target: { ...target, name: 'SQLDR-01' },
          problem: new KeyturnError('sql-unreachable', { target: 'SQLDR-01', seconds: 15 }).problem,
        },
      ],
    })
    expect(advice.blockers.map(({ what }) => what)).toEqual(['A chosen server did not answer: SQLDR-01'])
  })

  it.each([
    [
      'another key of that name',
      [certificate({ thumbprint: facts1.thumbprint })],
      'SQLPROD-02 has another certificate KT_Old',
    ],
    ['the key under another name', [certificate({ name: 'Copy' })], 'SQLPROD-02 has this key as Copy'],
    [
      'only its public half',
      [certificate({ privateKey: 'NA' as const })],
      'SQLPROD-02 has KT_Old without a private key under its master key',
    ],
  ])('%s blocks', (_what, there, expected) => {
    const { advice } = planOf({ others: [other({ certificates: read(there) })] })
    expect(advice.blockers.map(({ what }) => what)).toEqual([expected])
  })

  it('a server without a master key of its own blocks', () => {
    const { advice } = planOf({ others: [other({ masterKey: read(null) })] })
    expect(advice.blockers.map(({ what, screen }) => [what, screen])).toEqual([
      ['master of SQLPROD-02 has no database master key', 'places'],
    ])
  })

  it('a server that has it already is compared, not written to', () => {
    const { plan, advice } = planOf({ others: [other({ certificates: read([certificate()]) })] })
    expect(advice.blockers).toEqual([])
    expect(plan.steps[0]?.now).toBe('SQLPROD-02 has this thumbprint already')
  })
})

describe('the plan of a rotation', () => {
  it('is pure, ends with keeping the old one, and drops nothing but the scratch database', () => {
    const [one, two] = [
      planRotation(rotationDraft(), rotationFacts(), runId),
      planRotation(rotationDraft(), rotationFacts(), runId),
    ]
    expect(one.advice.blockers).toEqual([])
    expect(digestOf(one.plan)).toBe(digestOf(two.plan))
    expect(one.plan.steps.map(({ kind }) => kind)).toEqual([
      'create-certificate',
      'back-up-certificate',
      'prove-on-server',
      'drop-scratch',
      'fetch-certificate-pair',
      'keep-old-certificate',
    ])
    const sent = JSON.stringify(one.plan.steps.map(({ scripts }) => scripts))
    expect(sent.match(/DROP \w+/g)).toEqual(['DROP DATABASE'])
    expect(sent).not.toContain('KT_Old')
    expect(rotationPreview({}, null).statements.length).toBe(5)
  })

  it('shows old and new side by side, and says what still needs the old one', () => {
    const kept = certificate({ keptUntil: '2027-02-01T00:00:00.000Z', withoutEnd: 2 })
    const { advice } = planRotation(rotationDraft(), rotationFacts({ certificates: read([kept]) }), runId)
    expect(advice.notes.slice(0, 3).map(({ statement, value }) => `${statement}: ${value}`)).toEqual([
      `Old: KT_Old: thumbprint ${thumb ?? ''}, until 2030-01-01 (UTC), subject “old”`,
      'New: KT_New: another thumbprint, made by the server in step 1; until 2031-12-31 (UTC), subject “Backup encryption SQLPROD-01 2027”',
      'KT_Old is still needed by: 12 backups on record; kept until 2027-02-01 as msdb has it; msdb names no end for 2',
    ])
  })

  it('lists job steps with what to put in their place, and says when they were not read', () => {
    const steps = read([{ job: 'Nightly', enabled: false, stepId: 2, stepName: 'Sales' }])
    const warningsOf = (agentSteps: NonNullable<ReturnType<typeof rotationFacts>['agentSteps']>) =>
      planRotation(rotationDraft(), rotationFacts({ agentSteps }), runId).advice.warnings
    expect(warningsOf(steps)).toContainEqual({
      what: 'Job Nightly (disabled), step 2 (Sales) names KT_Old',
      why: expect.stringContaining('Put KT_New in its place') as string,
      screen: null,
    })
    expect(warningsOf(unread()).map(({ what }) => what)).toContain('SQL Server Agent jobs: not read')
  })

  it.each([
    ['a certificate that is gone', read([]), 'Certificate KT_Old can’t be replaced'],
    [
      'one without its private key',
      read([certificate({ privateKey: 'NA' })]),
      'Certificate KT_Old can’t be replaced',
    ],
    ['a taken name', read([certificate(), certificate({ name: 'KT_New' })]), 'The name KT_New is taken'],
  ])('%s blocks', (_what, certificates, expected) => {
    const { advice } = planRotation(rotationDraft(), rotationFacts({ certificates }), runId)
    expect(advice.blockers.map(({ what }) => what)).toEqual([expected])
  })

  it.each([
    ['Express Edition', 4, 16],
    ['Enterprise Edition', 3, 11],
  ])('%s (engine %i, version %i) blocks: it takes no encrypted backups', (edition, engineEdition, major) => {
    const server = read({ version: `${major}.0.1`, major, edition, engineEdition, serverName: 'S' })
    const { advice } = planRotation(rotationDraft(), rotationFacts({ server }), runId)
    expect(advice.blockers.map(({ what }) => what)).toEqual(['This server does not create encrypted backups'])
  })

  it('an expired certificate can be replaced: that is when most people come', () => {
    const expired = read([certificate({ expiresOn: '2026-01-01' })])
    expect(
      planRotation(rotationDraft(), rotationFacts({ certificates: expired }), runId).advice.blockers,
    ).toEqual([])
  })
})
