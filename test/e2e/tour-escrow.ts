import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Answers } from '../../shared/forms/form.ts'
import { asPlaceId, asRunId, type RunId } from '../../shared/model/ids.ts'
import type { Program } from '../../electron/program.ts'
import { keyIdOf } from '../../electron/wizards/hsm-key/plan.ts'
import { pickFolder, saveDraft } from '../support/encrypted-backup-answers.ts'
import { hsmKeyAnswers, makeKeks, tokenRefOf } from '../support/hsm-key-answers.ts'
import { targetNamed } from '../support/job-answers.ts'
import { firstHost, transferAnswers } from '../support/key-import-answers.ts'
import { backupsToDrill, drillServer, drillShare } from '../support/restore-drill-answers.ts'
import { azureRefOf } from '../support/vault-answers.ts'
import { heading, prodServer, visit } from './house.ts'
import type { Seat, Telling } from './scenario.ts'
import { runThrough, seatAfresh, type TourSeat } from './tour-run.ts'

const group = 'Vault keys 2026'
const holders = ['Ana Ruiz', 'Bo Chen', 'Chidi Obi'] as const
const [sticks, transfers, medium] = [['stick-1', 'stick-2', 'stick-3'], 'transfers', 'sealed'] as const

type Window = Seat & { program: Program }

/** A seat with what this part of the tour made so far. */
interface EscrowSeat extends TourSeat {
  chooseFolder: Seat['chooseFolder']
  /** Folder that the list of folders begins in. */
  home: string
}

/** From a token to a key that stands in a vault and in a package, and back from the package alone. Begins afresh. */
export const tourEscrow = async (window: Window, telling: Telling, profile: string): Promise<void> => {
  const home = dirname(profile)
  for (const name of [...sticks, transfers, medium]) mkdirSync(join(home, name))
  const seat = { ...(await seatAfresh(window, telling, profile)), chooseFolder: window.chooseFolder, home }
  await backupsToDrill(seat.stage, { chain: false })
  const hsm = await probeToken(seat)
  await holdCeremony(seat)
  const run = await makeKey(seat, hsm)
  await importKey(seat, hsm, run)
  await exportCertificate(seat)
  await drillPackage(seat)
  await lookAtEscrow(seat)
}

const probeToken = async ({ page, stage, telling }: EscrowSeat): Promise<string> => {
  const hsm = await tokenRefOf(stage.ask)
  if (hsm === null) throw new Error('SoftHSM and pkcs11js are needed for this part of the tour')
  await visit(page, `#/connections/${hsm.id}`, new RegExp(`^${hsm.name}`))
  await page.getByRole('button', { name: 'Try the PIN and probe' }).click()
  await page.getByText(/^The PIN was taken/).waitFor()
  await telling.shot(page, '100-token-probed')
  await telling.look?.(page, stage.ask, '100-token-probed')
  telling.say('A token: one login, and what its key wrap really does')
  return hsm.id
}

const holdCeremony = async ({ page, telling, chooseFolder }: EscrowSeat): Promise<void> => {
  const press = (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click()
  await visit(page, '#/escrow/ceremony/new', /^Who holds the shares/)
  await page.getByLabel('Name of the group').fill(group)
  for (const number of [5, 4]) await press(`Remove holder ${number}`)
  for (const [index, name] of holders.entries())
    await page.getByLabel(`Holder of share ${index + 1}`, { exact: true }).fill(name)
  await page.getByLabel('Shares needed together').fill('2')
  await telling.shot(page, '101-ceremony-begin')
  await press(/^Make 3 shares/)
  for (const [index, name] of holders.entries()) {
    const number = index + 1
    await heading(page, `Hand over to ${name}, share ${number} of 3`).waitFor()
    await press(new RegExp(`^I am ${name}`))
    await press(`Choose folder and write share ${number}`)
    await chooseFolder(sticks[index] ?? '')
    await page.getByRole('heading', { name: 'Read the share back' }).waitFor()
    if (number === 2) await telling.shot(page, '102-ceremony-share')
    await press(`Read share ${number} back`)
  }
  await heading(page, `The group “${group}” is active: 3 shares were read back`).waitFor()
  await telling.shot(page, '103-ceremony-done')
  telling.say('A share ceremony: three holders, one at a time, each share read back from its medium')
}

const groupId = async ({ stage }: EscrowSeat): Promise<string> => {
  const page = { sort: null, search: '', filters: [], offset: 0, limit: 10 }
  const { rows } = await stage.ask('escrow.groups', { page })
  const found = rows.find(({ state }) => state === 'active')
  if (found === undefined) throw new Error('no share group')
  return found.id
}

/** The run that a job's result shows. */
const runShown = ({ page }: EscrowSeat): RunId => asRunId(page.url().split('/').at(-1) ?? '')

const through = async (
  seat: EscrowSeat,
  job: 'hsm-key' | 'key-import' | 'escrow-export' | 'escrow-drill',
  name: string,
  answers: Answers,
  /** Those of its screens that are looked at; `none`: another test looks at all of this job. */
  screens: readonly string[] | 'none',
): Promise<RunId> => {
  const draft = await saveDraft(seat.stage.ask, answers, job)
  const { say, shot } = seat.telling
  const looked = screens === 'none' ? { ...seat, telling: { say, shot } } : seat
  await runThrough(looked, { job, draft, name, ...(screens === 'none' ? {} : { screens }) })
  return runShown(seat)
}

const makeKey = async (seat: EscrowSeat, hsm: string): Promise<RunId> => {
  const { ask, program } = seat.stage
  const { answers: keks } = await makeKeks(program, ask, 1)
  const answers = hsmKeyAnswers(hsm, {
    destination: 'chosen',
    keks,
    group: await groupId(seat),
    place: await pickFolder(ask, transfers),
  })
  const run = await through(seat, 'hsm-key', '104-hsm-key', answers, ['key', 'destinations'])
  seat.telling.say(
    'A key of the token: wrapped for a vault and for the share group, opened again there, then locked',
  )
  return run
}

const importKey = async (seat: EscrowSeat, hsm: string, run: RunId): Promise<void> => {
  const { ask } = seat.stage
  const file = readdirSync(join(seat.home, transfers)).find((name) => name.endsWith('.byok')) ?? ''
  const answers = transferAnswers((await azureRefOf(ask)).id, await pickFolder(ask, transfers), {
    vault: firstHost,
    file,
    origin: 'token',
    hsm,
    tokenKey: keyIdOf(run),
  })
  await through(seat, 'key-import', '105-key-import', answers, ['vaults', 'key'])
  seat.telling.say('Import to Azure: the transfer file as the token wrote it; the vault’s key is the token’s')
}

const exportCertificate = async (seat: EscrowSeat): Promise<void> => {
  const { ask } = seat.stage
  const answers: Answers = {
    target: await targetNamed(ask, prodServer),
    certificates: ['KT_Drill'],
    othersEncrypt: true,
    keptPasswords: [],
    group: await groupId(seat),
    recipientFolder: null,
    custodianFiles: [],
    recoveryFiles: [],
    place: await pickFolder(ask, medium),
    placeKind: 'usb',
    secondPlace: null,
    thirdPlace: null,
  }
  await through(seat, 'escrow-export', '106-escrow-export', answers, 'none')
  seat.telling.say(
    'Escrow export: a certificate with its private key in a package, read back from where it lies',
  )
}

const drillPackage = async (seat: EscrowSeat): Promise<void> => {
  const { ask } = seat.stage
  const packageFolder = await pickFolder(ask, medium)
  const give = async (stick: string, others: string[]): Promise<string> => {
    const place = await pickFolder(ask, stick)
    const [name = ''] = readdirSync(join(seat.home, stick))
    const share = { kind: 'file', place, name } as const
    const asked = { package: asPlaceId(packageFolder), packageName: '', share, others }
    return (await ask('escrowDrill.takeShare', asked)).handle
  }
  const share1 = await give(sticks[0], [])
  const answers: Answers = {
    purpose: 'drill',
    packageFolder,
    packageName: '',
    signerFingerprint: '',
    items: ['1'],
    openWith: 'shares',
    share1,
    share2: await give(sticks[2], [share1]),
    recipientFolder: null,
    recipientKeyFile: '',
    recipientPassphrase: null,
    drillTarget: await targetNamed(ask, drillServer),
    masterKeyMode: 'throw-away',
    masterKeyPassword: null,
    backupFiles: `${drillShare}\\full.bak`,
  }
  await through(seat, 'escrow-drill', '107-escrow-drill', answers, 'none')
  seat.telling.say(
    'Escrow drill: two shares open the package, and its certificate a backup on a server that had nothing',
  )
}

const lookAtEscrow = async ({ page, stage, telling, chooseFolder }: EscrowSeat): Promise<void> => {
  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
  const shown = async (name: string): Promise<void> => {
    await telling.shot(page, name)
    await telling.look?.(page, stage.ask, name)
  }
  await visit(page, '#/escrow/check', /^Does this share belong/)
  await page.getByRole('radio', { name: new RegExp(`^${group}`) }).check()
  await press('Choose folder of the share')
  await chooseFolder(sticks[1])
  await press('Check this share')
  await page.getByText(`Share 2 of 3 of the group “${group}”`).waitFor()
  await telling.shot(page, '108-share-checked')
  await visit(page, '#/escrow/verify', /^Is this package whole/)
  await press('Choose folder and verify')
  await chooseFolder(medium)
  await page.getByText(/manifest and signature fit together/).waitFor()
  await shown('109-package-verified')
  await visit(page, '#/escrow', /^Share groups and escrow packages/)
  await page.getByRole('gridcell', { name: group }).first().waitFor()
  await shown('110-escrow')
  await page.getByRole('gridcell', { name: group }).first().click()
  await page.getByRole('complementary').waitFor()
  await shown('111-group')
  await press('Close details')
  await page.getByRole('complementary').waitFor({ state: 'detached' })
  await page.getByRole('gridcell', { name: /^ep-/ }).first().click()
  await page.getByRole('complementary').waitFor()
  await shown('112-package')
  telling.say(
    'A holder checks one share alone; a package is verified without any; the list says what was read back, and the last drill',
  )
}
