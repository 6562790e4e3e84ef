import type { Answers, Condition, FormDescription, SecretField } from '../../shared/forms/form.ts'
import type { JobId } from '../../shared/model/job.ts'
import type { Person } from './canary-wizard.ts'

interface Place {
  job: JobId
  screen: string
  field: SecretField
}

/**
 * A secret typed into every secret field of every job, so that a form which is added later is searched as well. A field
 * that shows only for a fact of the server has a twin without that condition, or is named here.
 */
export const everySecretField = async (person: Person): Promise<number> => {
  const { page, see } = person
  const jobs = await askInPage<{ job: JobId }[]>(person, 'wizard.jobs', {})
  const [connection] = await askInPage<{ connection: { id: string; name: string } }[]>(
    person,
    'connections.list',
    {},
  )
  let typed = 0
  for (const { job } of jobs) {
    const form = await askInPage<FormDescription>(person, 'wizard.form', { job })
    for (const { screen, field } of placesOf(form)) {
      const { id } = await askInPage<{ id: string }>(person, 'wizard.open', { job, draft: null })
      const targets = Object.fromEntries(
        form.targetFields.map((name) => [name, connection?.connection.id ?? '']),
      )
      const answers: Answers = { ...targets, ...answersFor(field.when) }
      await askInPage(person, 'wizard.save', { draft: id, answers, screen })
      await page.evaluate((hash) => {
        ;(globalThis as unknown as { location: { hash: string } }).location.hash = hash
      }, `#/setup/${job}/${id}/${screen}`)
      const input = page.getByLabel(field.label, { exact: true })
      await input.waitFor()
      await person.type(field.label, 'secret of any job')
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

/** They show for a database under TDE or with a master key of its own, which this server has not. */
const onlyForFacts: Readonly<Partial<Record<JobId, readonly string[]>>> = {
  'move-database': ['certificateFilePassword', 'databaseKeyPassword'],
}

const placesOf = (form: FormDescription): Place[] => {
  const all = form.screens.flatMap(({ id, fields }) =>
    fields.flatMap((field): Place[] =>
      field.kind === 'secret' ? [{ job: form.job, screen: id, field }] : [],
    ),
  )
  const free = all.filter(({ field }) => !needsFact(field.when))
  const lost = all
    .filter(({ field }) => !free.some((one) => one.field.name === field.name))
    .filter(({ field }) => !(onlyForFacts[form.job] ?? []).includes(field.name))
  if (lost.length > 0)
    throw new Error(`no way to ${lost.map(({ field }) => field.name).join(', ')} of ${form.job}`)
  return free
}

const needsFact = (when: Condition | undefined): boolean =>
  when !== undefined && (when.fact !== undefined || needsFact(when.also))

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
