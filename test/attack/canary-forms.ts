import { asAdministrator } from '../support/restore-drill-answers.ts'
import { askOf } from '../support/ask.ts'
import type { Program } from '../../electron/program.ts'
import type { Answers, Condition, FormDescription, SecretField } from '../../shared/forms/form.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { CanaryField } from './canary-words.ts'
import type { Person } from './canary-wizard.ts'

interface Place {
  job: JobId
  screen: string
  field: SecretField
}

export const firstServer = 'CANARY-SQL'
export const secondServer = 'CANARY-OTHER'

/**
 * Puts the database of the first server under TDE and gives it a master key of its own, and the server a credential, as an
 * administrator: some fields show only then. That server has its master key by now.
 */
export const makeFactsTrue = (program: Program): Promise<void> =>
  asAdministrator(program, askOf(program), firstServer, [
    `USE [master]; CREATE CERTIFICATE [KT_Canary_TDE] WITH SUBJECT = N'TDE', EXPIRY_DATE = N'20451231';`,
    `USE [Payroll]; CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Nobody-Types-This-1';
CREATE DATABASE ENCRYPTION KEY WITH ALGORITHM = AES_256 ENCRYPTION BY SERVER CERTIFICATE [KT_Canary_TDE];
ALTER DATABASE [Payroll] SET ENCRYPTION ON;`,
    `USE [master]; CREATE CREDENTIAL [canary_credential] WITH IDENTITY = N'somebody', SECRET = N'Nobody-Types-This-2';`,
  ])

/** Tokens and keys of storage have a form of their own; any other field takes any text. */
const wordFor = ({ secretRule }: SecretField): CanaryField =>
  secretRule === 'storage-token'
    ? 'token of a container'
    : secretRule === 'access-key'
      ? 'access key of a storage account'
      : 'secret of any job'

/** Which facts are true for which answers. */
const underFacts: Readonly<Partial<Record<JobId, { facts: readonly string[]; answers: Answers }>>> = {
  'restore-drill': { facts: ['from-blobs'], answers: { filesWhere: 'container' } },
  'ekm-clean-up': { facts: ['secretHelps'], answers: { credential: 'canary_credential' } },
  'move-database': { facts: ['needsCertificate', 'hasDatabaseKey'], answers: { database: 'Payroll' } },
}

/**
 * A secret typed into every secret field of every job, so that a form which is added later is searched as well. A field
 * that shows only for a fact of the server has a twin without that condition, or its facts are made true above.
 */
export const everySecretField = async (person: Person): Promise<number> => {
  const { page, see } = person
  const jobs = await askInPage<{ job: JobId }[]>(person, 'wizard.jobs', {})
  const connections = await askInPage<{ connection: { id: string; name: string } }[]>(
    person,
    'connections.list',
    {},
  )
  const idOf = (name: string): string =>
    connections.find(({ connection }) => connection.name === name)?.connection.id ?? ''
  let typed = 0
  for (const { job } of jobs) {
    const form = await askInPage<FormDescription>(person, 'wizard.form', { job })
    for (const { screen, field } of placesOf(form)) {
      const { id } = await askInPage<{ id: string }>(person, 'wizard.open', { job, draft: null })
      const targets = Object.fromEntries(
        form.targetFields.map((name, index) => [name, idOf(index === 0 ? firstServer : secondServer)]),
      )
      const answers: Answers = { ...targets, ...underFacts[job]?.answers, ...answersFor(field.when) }
      await askInPage(person, 'wizard.save', { draft: id, answers, screen })
      await page.evaluate((hash) => {
        ;(globalThis as unknown as { location: { hash: string } }).location.hash = hash
      }, `#/setup/${job}/${id}/${screen}`)
      const input = page.getByLabel(field.label, { exact: true })
      await input.waitFor()
      await person.type(field.label, wordFor(field))
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      await page
        .getByRole('group', { name: field.label })
        .getByText(/^Kept as/)
        .waitFor()
      typed += 1
    }
    await see(`secrets-of-${job}`)
  }
  return typed
}

const placesOf = (form: FormDescription): Place[] => {
  const all = form.screens.flatMap(({ id, fields }) =>
    fields.flatMap((field): Place[] =>
      field.kind === 'secret' ? [{ job: form.job, screen: id, field }] : [],
    ),
  )
  const isTrue = (fact: string): boolean => underFacts[form.job]?.facts.includes(fact) ?? false
  const reached = all.filter(({ field }) => factsOf(field.when).every(isTrue))
  const lost = all.filter(({ field }) => !reached.some((one) => one.field.name === field.name))
  if (lost.length > 0)
    throw new Error(`no way to ${lost.map(({ field }) => field.name).join(', ')} of ${form.job}`)
  return reached
}

const factsOf = (when: Condition | undefined): string[] =>
  when === undefined ? [] : [...(when.fact === undefined ? [] : [when.fact]), ...factsOf(when.also)]

/** The answers under which a field shows. */
const answersFor = (when: Condition | undefined): Answers => {
  if (when === undefined) return {}
  const [wanted] = when.is ?? []
  return {
    ...answersFor(when.also),
    ...(when.field === undefined || wanted === undefined ? {} : { [when.field]: wanted }),
  }
}

const askInPage = <Reply>({ page }: Person, name: string, request: unknown): Promise<Reply> =>
  page.evaluate(
    async ([channel, what]) => {
      const { keyturn } = globalThis as unknown as {
        keyturn: { ask: (name: string, request: unknown) => Promise<{ ok: boolean; value: unknown }> }
      }
      const answer = await keyturn.ask(channel, what)
      if (!answer.ok) throw new Error(`${channel} was refused`)
      return answer.value
    },
    [name, request] as const,
  ) as Promise<Reply>
