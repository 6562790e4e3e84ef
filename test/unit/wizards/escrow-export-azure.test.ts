/** Escrow export with containers as places. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { KeyturnError, problemOf } from '../../../shared/errors/problem.ts'
import type { Answers } from '../../../shared/forms/form.ts'
import { packageFolderName } from '../../../shared/model/escrow.ts'
import { runMark } from '../../../shared/model/ids.ts'
import type { PlannedStep } from '../../../shared/model/plan.ts'
import { openPackage } from '../../../electron/escrow/package/open.ts'
import { readPackageBlobs } from '../../../electron/escrow/place-blobs.ts'
import { packageIdOf } from '../../../electron/escrow/package-id.ts'
import { escrowExport } from '../../../electron/wizards/escrow-export/index.ts'
import { preview } from '../../../electron/wizards/escrow-export/preview.ts'
import { azureTarget } from '../../support/azure-fake.ts'
import { fakeAccount, fakeHost } from '../../support/fake-storage.ts'
import { wordsOf } from '../../support/escrow-package.ts'
import { exportAnswers, useExportStage } from './escrow-export-stage.ts'
import { refusal } from './walk.ts'

const stage = useExportStage()
const label = `https://${fakeHost}/escrow`

const container = (field: 'place' | 'secondPlace' | 'thirdPlace', name = 'escrow'): Answers => ({
  azure: azureTarget.id,
  [field]: null,
  [`${field}Kind`]: 'blob-container',
  [`${field}Account`]: `ktr-rg/${fakeAccount}`,
  [`${field}Container`]: name,
})
const second = container('secondPlace')
const first = { ...container('place'), secondPlaceKind: 'none' }

const folderName = (): string => packageFolderName(packageIdOf(stage.run))
const blobNames = (): string[] => [...(stage.storage.blobs.get('escrow')?.keys() ?? [])].sort()
const inFolder = (): string[] => readdirSync(stage.folder('p-one'))
const listed = () =>
  stage.means.register
    .packages()
    .flatMap(({ storedAt }) => storedAt.map(({ kind, label: at, state }) => [kind, at, state].join(' ')))
const lost = new KeyturnError('azure-unreachable', { host: fakeHost })

const undo = async (step: PlannedStep) => {
  const handler = escrowExport(stage.means).steps[step.kind]
  const ctx = stage.context(step, { packageThere: false })
  const found = await handler?.check(ctx)
  return {
    found,
    evidence: found?.state === 'needed' && found.partly !== true ? [] : await handler?.undo?.(ctx),
  }
}

describe('a container', () => {
  it('takes the package beside a folder or alone; escrowed only after it was read back from there', async () => {
    for (const places of [second, first]) {
      stage.storage.blobs.get('escrow')?.clear()
      rmSync(stage.folder('p-one'), { recursive: true })
      mkdirSync(stage.folder('p-one'))
      stage.earlier.length = 0
      const plan = await stage.ready(places)
      expect(plan.targets.map(({ ref }) => ref.kind)).toEqual(['sqlserver', 'azure'])
      for (const step of plan.steps.slice(0, -1)) {
        await stage.walkStep(step)
        expect(listed().join()).not.toContain('escrowed')
      }
      await stage.walkStep(plan.steps.at(-1) as PlannedStep)
      expect(listed()).toContain(`blob-container ${label} escrowed`)
      const files = await readPackageBlobs(
        { store: await stage.storage.azure.ports.storage.at(azureTarget, fakeHost), container: 'escrow' },
        packageIdOf(stage.run),
      )
      using opened = openPackage(
        files,
        { kind: 'known', fingerprints: stage.means.knownSigners() },
        { kind: 'shares', shares: wordsOf(...stage.group.shares.slice(1)) },
      )
      using content = opened.item(1).content
      expect(content.use((bytes) => bytes.toString())).toContain('BEGIN CERTIFICATE')
      await stage.means.register.takenFrom(packageIdOf(stage.run), { kind: 'blob-container', label })
      await stage.means.register.takenFrom(packageIdOf(stage.run), {
        kind: 'folder',
        label: stage.folder('p-one'),
      })
      expect(listed()).toEqual([])
    }
  })

  it('is not asked for, nor a target, where none is chosen', async () => {
    const plan = await stage.ready({ azure: azureTarget.id })
    expect(plan.targets.map(({ ref }) => ref.kind)).toEqual(['sqlserver'])
    const texts = JSON.stringify(await stage.ready({}))
    expect(texts).not.toContain('blob')
  })

  it('that fails at any write keeps nothing; a killed run takes its own half away and goes on', async () => {
    const plan = await stage.ready(first)
    for (const when of ['before', 'after'] as const)
      for (const at of [1, 4, 9]) {
        let writes = 0
        stage.storage.fail = (call) =>
          call.name === 'writeNew' && call.when === when && (writes += 1) === at ? lost : null
        expect(await refusal(stage.walk(plan))).toContain('azure-unreachable')
        expect(blobNames()).toEqual([])
        expect(listed()).toEqual([])
      }
    stage.storage.fail = () => null
    const store = await stage.storage.azure.ports.storage.at(azureTarget, fakeHost)
    await store.writeNew('escrow', `${folderName()}/items/01.p7`, Buffer.from('half'), runMark(stage.run))
    const [write] = plan.steps
    if (write === undefined) throw new Error('no step')
    const handler = escrowExport(stage.means).steps[write.kind]
    expect(await handler?.check(stage.context(write, { packageThere: false }))).toMatchObject({
      state: 'needed',
      partly: true,
    })
    for (const [index, step] of plan.steps.entries())
      await stage.walkStep(step, index === 0 ? { packageThere: false } : null)
    expect(listed()).toEqual([`blob-container ${label} escrowed`])
  })

  it('with blobs of others below the name of the package is left as it is', async () => {
    const plan = await stage.ready(first)
    const store = await stage.storage.azure.ports.storage.at(azureTarget, fakeHost)
    await store.writeNew('escrow', `${folderName()}/items/01.p7`, Buffer.from('theirs'), 'another')
    expect(await refusal(stage.walk(plan))).toMatch(/package-(exists|files)/)
    expect(blobNames()).toEqual([`${folderName()}/items/01.p7`])
  })

  it('whose copy is another than what was written fails the run', async () => {
    const plan = await stage.ready(second)
    let writes = 0
    stage.storage.fail = ({ name, when, key }) => {
      if (name !== 'writeNew' || when !== 'after' || (writes += 1) !== 3) return null
      const [, ...blob] = key.split('/')
      const held = stage.storage.blobs.get('escrow')?.get(blob.join('/'))
      if (held !== undefined) held.bytes = Buffer.alloc(held.bytes.length, 7)
      return null
    }
    expect(await refusal(stage.walk(plan))).toContain('package-not-same')
    expect(listed()).toEqual([`folder ${stage.folder('p-one')} written`])
  })

  it('undo takes away what this run wrote there, and the place from the list; folders stay', async () => {
    const plan = await stage.ready(second)
    await stage.walk(plan)
    const store = await stage.storage.azure.ports.storage.at(azureTarget, fakeHost)
    await store.writeNew('escrow', 'of-others/MANIFEST.json', Buffer.from('x'), 'another')
    const [write, copy] = plan.steps
    if (write === undefined || copy === undefined) throw new Error('no steps')
    expect(write.undo.can).toBe(false)
    expect(copy.undo.can).toBe(true)
    const { evidence } = await undo(copy)
    expect(evidence?.[0]?.value).toMatch(/^\d+ deleted; none is left$/)
    expect(blobNames()).toEqual(['of-others/MANIFEST.json'])
    expect(inFolder()).toEqual([folderName()])
    expect(listed()).toEqual([`folder ${stage.folder('p-one')} escrowed`])
    expect((await undo(copy)).found?.state).toBe('needed')
  })

  it('undo of half a package takes it away; a blob that others put there stays and is said', async () => {
    const plan = await stage.ready(first)
    const [write] = plan.steps
    if (write === undefined) throw new Error('no step')
    const store = await stage.storage.azure.ports.storage.at(azureTarget, fakeHost)
    await store.writeNew('escrow', `${folderName()}/items/01.p7`, Buffer.from('half'), runMark(stage.run))
    expect((await undo(write)).evidence?.[0]?.value).toBe('1 deleted; none is left')
    await stage.walk(plan)
    const before = blobNames()
    await store.writeNew('escrow', `${folderName()}/notes.txt`, Buffer.from('x'), 'another')
    const handler = escrowExport(stage.means).steps[write.kind]
    const taken = await handler?.undo?.(stage.context(write, { packageThere: false }))
    expect(taken?.[0]?.value).toBe(`${before.length} deleted; 1 that others wrote are left`)
    expect(blobNames()).toEqual([`${folderName()}/notes.txt`])
    expect(listed()).toEqual([])
  })

  it('with a retention policy refuses the undo in words, and loses nothing', async () => {
    const plan = await stage.ready(second)
    await stage.walk(plan)
    const before = blobNames()
    stage.storage.fail = ({ name, when, key }) =>
      name === 'deleteBlob' && when === 'before'
        ? new KeyturnError('storage-immutable', { target: azureTarget.name, blob: key })
        : null
    const refused = await undo(plan.steps[1] as PlannedStep).catch(problemOf)
    expect(refused).toMatchObject({ code: 'undo-refused' })
    expect(JSON.stringify(refused)).toContain('a retention policy of the container')
    expect(blobNames()).toEqual(before)
    expect(listed()).toContain(`blob-container ${label} escrowed`)
  })
})

describe('the review of a container', () => {
  const review = async (changes: Answers = second) => (await stage.planned(changes)).advice
  const blockers = async (changes: Answers = second): Promise<string[]> =>
    (await review(changes)).blockers.map(({ what, measured, limit }) => `${what}: ${measured}. ${limit}`)

  it('says address, retention, and what the account keeps', async () => {
    stage.storage.containers[0] = {
      ...{ name: 'escrow', publicAccess: false },
      ...{ immutableDays: 30, locked: true, legalHold: false },
    }
    const { notes, warnings, blockers: none } = await review()
    expect(none).toEqual([])
    const values = notes.map(({ statement, value }) => `${statement}: ${value}`)
    expect(values).toContain(`Place 2, blob container: ${label}`)
    expect(values).toContain(
      'Place 2, retention of its blobs: blobs can be neither changed nor deleted for 30 days (policy locked)',
    )
    expect(values).toContain(
      'Place 2, what the account keeps of deleted blobs: versions on; deleted blobs kept 30 days',
    )
    expect(warnings.map(({ what }) => what).join()).toContain('keeps what is written')
  })

  it('says where retention was not read, and does not call that a policy', async () => {
    const { ports } = stage.storage.azure
    stage.storage.azure.ports = {
      ...ports,
      storage: {
        ...ports.storage,
        accounts: async (...given) => ({
          ...(await ports.storage.accounts(...given)),
          containers: () =>
            Promise.reject(new KeyturnError('azure-no-permission', { target: 'x', principal: 'y' })),
        }),
      },
    }
    const { warnings, blockers: none } = await review()
    expect(none).toEqual([])
    expect(warnings.map(({ what }) => what)).toEqual([
      `Whether a policy of ${label} keeps blobs was not read`,
    ])
    expect(warnings[0]?.why).toContain('no right to read it with this sign-in')
  })

  it('advises versions, and says what a sign-in that may not delete can’t take back', async () => {
    stage.storage.service = { versions: false, deletedDays: null }
    stage.storage.account = { ...stage.storage.account, publicBlobs: true }
    stage.storage.azure.permissions = [
      {
        ...{ actions: ['*'], notActions: [], notDataActions: [] },
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read',
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write',
        ],
      },
    ]
    const { warnings, blockers: none } = await review()
    expect(none).toEqual([])
    expect(warnings.map(({ what }) => what)).toEqual([
      `The account of ${label} keeps no versions`,
      `This sign-in may not delete blobs in ${label}`,
      `The account of ${label} allows public containers`,
    ])
  })

  it('blocks on one that is not there, is public, or may not be read or written, and names the right', async () => {
    expect(await blockers(container('secondPlace', 'other'))).toEqual([
      expect.stringMatching(/the account has no container other\. A container that is there/),
    ])
    stage.storage.fail = ({ name, when }) =>
      name === 'blob' && when === 'before'
        ? new KeyturnError('storage-no-permission', {
            ...{ target: azureTarget.name, principal: 'dba', permission: 'containers/blobs/read' },
          })
        : null
    expect(await blockers()).toEqual([
      expect.stringMatching(
        /reading is refused.*blobs\/read and .*blobs\/write: Storage Blob Data Contributor/,
      ),
    ])
    stage.storage.fail = () => null
    stage.storage.azure.permissions = [
      { actions: ['*'], notActions: [], dataActions: ['*/read'], notDataActions: [] },
    ]
    expect(await blockers()).toEqual([expect.stringMatching(/no right to write blobs.*Contributor/)])
    stage.storage.containers[0] = {
      ...{ name: 'escrow', publicAccess: true },
      ...{ immutableDays: null, locked: false, legalHold: false },
    }
    expect(await blockers()).toEqual([expect.stringMatching(/public access is on/)])
  })

  it('blocks where Azure does not answer, and where the account is not visible', async () => {
    expect(await blockers({ ...second, secondPlaceAccount: 'ktr-rg/another' })).toEqual([
      expect.stringMatching(/no account another in ktr-rg/),
    ])
    const open = stage.storage.azure.ports.controls.open
    stage.storage.azure.ports = {
      ...stage.storage.azure.ports,
      controls: { open: () => Promise.reject(lost) },
    }
    expect(await blockers()).toEqual([expect.stringMatching(/^Azure did not answer/)])
    stage.storage.azure.ports = { ...stage.storage.azure.ports, controls: { open } }
  })

  it('has blanks in the preview for what is not chosen: group, account and container', async () => {
    const facts = await stage.facts({ group: null, placeKind: 'blob-container', secondPlaceKind: 'none' })
    const answers = { ...exportAnswers(stage), group: null, placeKind: 'blob-container' }
    const text = JSON.stringify(preview(answers, facts).statements)
    expect(text).toContain('any ‹M› of ‹N› shares')
    expect(text).toContain('blob container ‹account›/‹container›')
    expect(text).not.toContain('0 of 0')
  })
})
