import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answers } from '../../../shared/forms/form.ts'
import type { PlanOutcome } from '../../../electron/engine/contract.ts'
import type { NewItem } from '../../../electron/escrow/package/write.ts'
import { readParams } from '../../../electron/scripts/runbook/step-params.ts'
import { escrowDrillFront } from '../../../electron/wizards/escrow-drill/front.ts'
import { certificateItem, packageWith, writeTo } from '../../support/escrow-drill-package.ts'
import { encryptedBackupOn } from './drill-servers.ts'
import {
  escrowAnswers,
  escrowStage,
  handOut,
  planEscrow,
  readerFor,
  type EscrowStage,
} from './escrow-drill-stage.ts'

let stage: EscrowStage
beforeAll(async () => {
  stage = await escrowStage()
})
afterAll(() => stage.stop())

describe('several certificates in one package', () => {
  /** Plans with another package in its place: one whose items are these. */
  const planWith = async (items: readonly NewItem[], wish: Answers) => {
    const made = packageWith(items, { group: stage.group, recipients: [], signer: stage.signer })
    const folder = join(stage.other, made.id)
    writeTo(folder, made)
    return planEscrow({ ...stage, made, folder }, { items: items.map((_, at) => String(at + 1)), ...wish })
  }
  const recovery = { purpose: 'recovery', masterKeyMode: 'password', masterKeyPassword: 'h-dmk' }
  const named = async (certificate: string, server: string, source = certificate) =>
    certificateItem(await handOut(stage.servers.source, source), certificate, server)

  it('blocks the same key twice, in a drill and in a recovery, before anything is on the server', async () => {
    const twice = [await named('KT_A', 'KTR-SOURCE'), await named('KT_A', 'KTR-SECOND')]
    for (const wish of [{}, recovery]) {
      const { advice } = await planWith(twice, wish)
      const about = advice.blockers.map(({ what, limit }) => `${what}: ${limit}`)
      expect(about).toEqual([
        'Items 1 and 2 hold the same key: A server holds each certificate once: choose one of them',
      ])
    }
    const { advice } = await planWith(twice, { items: ['2'] })
    expect(advice.blockers).toEqual([])
  })

  it('blocks two keys of one name in a recovery with advice that can be followed, and not in a drill', async () => {
    await encryptedBackupOn(stage.servers.source, 'KT_C', 'third.bak')
    const alike = [await named('KT_A', 'KTR-SOURCE'), await named('KT_A', 'KTR-SECOND', 'KT_C')]
    expect((await planWith(alike, {})).advice.blockers).toEqual([])
    expect((await planWith(alike, recovery)).advice.blockers).toEqual([
      {
        screen: 'package',
        what: 'Two of the items would get one name',
        measured: 'KT_A, KT_A',
        limit:
          'One of them on this server, the other on another one: a recovery leaves each under its own name',
      },
    ])
  })

  const restored = ({ plan }: PlanOutcome): unknown[] =>
    plan.steps.flatMap(({ kind, params }) =>
      kind === 'restore-escrow-certificate'
        ? [readParams('restore-escrow-certificate', params).certificate]
        : [],
    )
  const fromFiles = async (): Promise<NewItem> => {
    const one = await named('KT_A', 'file KT_A.pfx')
    return { ...one, facts: { ...one.facts, name: 'Certificate of KT_A.pfx', sqlNames: [] } }
  }

  it('gives a certificate back the name that the server of the item has it under, whatever is in the names', async () => {
    const one = await named('Sales.master.Old', 'KTR.master.zone', 'KT_A')
    const sqlNames = ['OTHER.master.Wrong', 'KTR.master.zone.master.Sales.master.Old']
    const planned = await planWith([{ ...one, facts: { ...one.facts, sqlNames } }], recovery)
    expect(planned.advice.blockers).toEqual([])
    expect(restored(planned)).toEqual(['Sales.master.Old'])
  })

  it('makes up no name for a certificate that came from files: a person gives it, and nothing else', async () => {
    const items = [await fromFiles()]
    const blocked = await planWith(items, recovery)
    expect(blocked.advice.blockers.map(({ screen, measured }) => `${screen}: ${measured}`)).toEqual([
      'package: The package has no name for item 1 (Certificate of KT_A.pfx): it came from files. Enter the name that its certificate gets',
    ])
    const given = await planWith(items, { ...recovery, certificateNames: ' 1 = Sales = Backup \n' })
    expect(given.advice.blockers).toEqual([])
    expect(restored(given)).toEqual(['Sales = Backup'])
    const idle = await planWith(items, { ...recovery, certificateNames: '1 = Sales\n2 = Other' })
    expect(idle.advice.blockers.map(({ measured }) => measured)).toEqual([
      'Item 2 is not chosen, is no certificate or has its own name in the package. Take its line out',
    ])
    expect((await planWith(items, {})).advice.blockers).toEqual([])
  })

  it('asks for that name on the form, where the package needs one and a recovery is meant', async () => {
    const made = packageWith([await fromFiles()], { group: stage.group, signer: stage.signer })
    const own = { ...stage, made, folder: join(stage.other, made.id) }
    writeTo(own.folder, made)
    const front = escrowDrillFront(
      own.means,
      () => [],
      () => [],
    )
    const answers = escrowAnswers({ ...recovery, items: ['1'] })
    const facts = await front.facts(answers, 'package', readerFor(own))
    expect(facts.flags).toMatchObject({ 'without-names': true })
    const asked = (changes: Answers) =>
      front
        .problems({ ...answers, ...changes }, 'package')
        .map(({ field, message }) => `${field}: ${message}`)
    expect(asked({})).toEqual([
      'certificateNames: The package has no name for item 1 (Certificate of KT_A.pfx): it came from files. Enter the name that its certificate gets',
    ])
    expect(asked({ certificateNames: 'Sales' })).toEqual([
      'certificateNames: Line 1 does not give a name to an item. Enter its number, = and the name: 2 = Sales_Backup',
    ])
    expect(asked({ certificateNames: '1 = ##Sales' })[0]).toContain(
      'The name of item 1 begins or ends with ##',
    )
    expect(asked({ certificateNames: '1 = A\n1 = B' })).toEqual([
      'certificateNames: An item is given two names. Enter one line for each',
    ])
    expect(asked({ certificateNames: '1 = Sales' })).toEqual([])
    expect(asked({ purpose: 'drill' })).toEqual([])
    expect((await front.facts(escrowAnswers(), 'package', readerFor(stage))).flags).toMatchObject({
      'without-names': false,
    })
  })
})
