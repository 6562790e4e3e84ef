// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { RoutedPage } from '../../../renderer/app/RoutedPage.tsx'
import { leaving, useRoute } from '../../../renderer/app/routes.ts'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import type { FormFacts } from '../../../shared/forms/form.ts'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { factsFor } from './fakes/facts.ts'
import { digest, server } from './fakes/plan.ts'
import { draft, unlocked, unreachable } from './fakes/state.ts'
import { show, type } from './window-setup.tsx'

const Page = () => <RoutedPage route={useRoute()} />

const goTo = async (hash: string) => {
  await act(async () => {
    window.location.hash = hash
    await new Promise((resolve) => window.addEventListener('hashchange', resolve, { once: true }))
  })
}

const open = async (bridge: FakeBridge, screenId: string) => {
  await goTo(`#/setup/encrypted-backup/d-first/${screenId}`)
  show(bridge, <Page />)
  return screen.findByRole('heading', { level: 1 }, { timeout: 10_000 })
}

const lastSaved = (bridge: FakeBridge) =>
  bridge.calls.findLast(({ name }) => name === 'wizard.save')?.request as
    { answers: Record<string, unknown>; screen: string } | undefined

beforeEach(async () => {
  if (window.location.hash !== '#/calendar') await goTo('#/calendar')
  useApp.setState({ app: unlocked, problem: null })
})

describe('the wizard', () => {
  it('says what will change before any field, and Enter does not start anything', async () => {
    const bridge = createFakeBridge()
    const heading = await open(bridge, 'intro')
    expect(heading.textContent).toMatch(/Take encrypted backups/)
    expect(screen.getByText('What can’t be undone')).toBeTruthy()
    expect(screen.queryByRole('textbox')).toBeNull()
    expect(bridge.calls.some(({ name }) => name === 'runs.start')).toBe(false)
  })

  it('moves focus to the summary when answers are missing, and from there to the field', async () => {
    await open(createFakeBridge(), 'server')
    fireEvent.click(await screen.findByRole('button', { name: 'Next' }))
    const summary = await screen.findByRole('heading', { name: '2 answers need a change' })
    expect(document.activeElement).toBe(summary)
    expect(document.title.startsWith('Error: ')).toBe(true)
    const words = 'Server has no answer. Give one'
    fireEvent.click(screen.getByRole('button', { name: words }))
    expect(document.activeElement).toBe(screen.getByRole('radio', { name: server.name }))
    const field = screen.getByRole('radiogroup', { name: 'Server' })
    expect(field.getAttribute('aria-invalid')).toBe('true')
    expect(within(field).getByText(words).closest('[id$="-error"]')?.id).toBe('field-target-error')
    expect(field.getAttribute('aria-describedby')).toContain('field-target-error')
  })

  it('saves what is answered, takes errors away as they are mended, and goes on', async () => {
    const bridge = createFakeBridge()
    await open(bridge, 'server')
    fireEvent.click(await screen.findByRole('button', { name: 'Next' }))
    await screen.findByRole('heading', { name: '2 answers need a change' })
    fireEvent.click(await screen.findByRole('radio', { name: server.name }))
    await screen.findByRole('heading', { name: '1 answer needs a change' })
    fireEvent.click(await screen.findByRole('checkbox', { name: 'Sales' }))
    await waitFor(() => expect(screen.queryByRole('heading', { name: /needs? a change/ })).toBeNull())
    fireEvent.click(screen.getByRole('button', { name: 'Next' }))
    await screen.findByRole('heading', { level: 1, name: 'Which keys does the backup use?' })
    expect(lastSaved(bridge)?.answers).toMatchObject({ target: server.id, databases: ['Sales'] })
  })

  it('cannot choose a row that can’t be used, and says why', async () => {
    const bridge = createFakeBridge()
    await open(bridge, 'server')
    const express = await screen.findByRole('radio', { name: 'ktr-express' })
    fireEvent.click(express)
    expect((express as HTMLInputElement).checked).toBe(false)
    expect(screen.getByText('Can’t be chosen: the Express edition can’t encrypt backups')).toBeTruthy()
  })

  it('keeps answers when one goes back, and fills suggestions with their reason', async () => {
    const bridge = createFakeBridge({
      drafts: [{ ...draft, answers: { target: server.id, databases: ['Sales'] } }],
    })
    await open(bridge, 'keys')
    expect(await screen.findByText('Filled in by Keyturn: master has no database master key.')).toBeTruthy()
    act(() => type(screen.getByLabelText('Name of the new certificate'), 'KT_Backup_2026'))
    fireEvent.click(screen.getByRole('button', { name: 'Back' }))
    await screen.findByRole('heading', { level: 1, name: 'Which databases of which server?' })
    expect(((await screen.findByRole('checkbox', { name: 'Sales' })) as HTMLInputElement).checked).toBe(true)
    await waitFor(() =>
      expect(lastSaved(bridge)?.answers).toMatchObject({
        certificateName: 'KT_Backup_2026',
        masterKeyMode: 'create',
      }),
    )
    fireEvent.click(screen.getByRole('link', { name: 'Keys' }))
    expect(((await screen.findByLabelText('Name of the new certificate')) as HTMLInputElement).value).toBe(
      'KT_Backup_2026',
    )
  })

  it('empties an answer that was meant for another form of the same field', async () => {
    const answers = {
      target: server.id,
      masterKeyMode: 'create',
      certificateMode: 'create',
      certificateName: 'New',
    }
    const bridge = createFakeBridge({ drafts: [{ ...draft, answers }] })
    await open(bridge, 'keys')
    fireEvent.click(await screen.findByRole('radio', { name: 'Use a certificate that is there' }))
    await waitFor(() => expect(lastSaved(bridge)?.answers['certificateName']).toBeNull())
  })

  it('says that the draft was not saved and asks before it is left', async () => {
    const bridge = createFakeBridge()
    await open(bridge, 'server')
    bridge.refuse('wizard.save', unreachable)
    fireEvent.click(await screen.findByRole('radio', { name: server.name }))
    expect(await screen.findByText(/Draft not saved/)).toBeTruthy()
    await goTo('#/setup')
    expect(window.location.hash).toBe('#/setup/encrypted-backup/d-first/server')
    expect(screen.getByRole('heading', { level: 1, name: 'Which databases of which server?' })).toBeTruthy()
    act(() => leaving.leave())
    await screen.findByRole('heading', { level: 1, name: 'What do you want to set up?' })
  })

  it('runs nothing without ticket and reason, then exactly the digest that was shown', async () => {
    const bridge = createFakeBridge()
    await open(bridge, 'review')
    const run = await screen.findByRole('button', { name: 'Run 6 steps on ktr-sql-01 (production)' })
    fireEvent.click(run)
    const summary = await screen.findByRole('heading', { name: '2 answers need a change' })
    expect(document.activeElement).toBe(summary)
    expect(bridge.calls.some(({ name }) => name === 'runs.start')).toBe(false)
    act(() => type(screen.getByLabelText('Ticket number'), 'CHG-1'))
    fireEvent.change(screen.getByLabelText('Reason'), { target: { value: 'Yearly change' } })
    fireEvent.keyDown(screen.getByLabelText('Ticket number'), { key: 'Enter' })
    expect(bridge.calls.some(({ name }) => name === 'runs.start')).toBe(false)
    fireEvent.click(run)
    await waitFor(() =>
      expect(bridge.calls.find(({ name }) => name === 'runs.start')?.request).toEqual({
        digest,
        ticket: 'CHG-1',
        reason: 'Yearly change',
      }),
    )
    await screen.findByRole('heading', { level: 1, name: /Step 5 of 6/ })
  })
})

describe('what is read for a screen', () => {
  const panel = () => screen.getByRole('region', { name: 'Read from the target' })
  const lines = () => [
    ...Array.from(panel().querySelectorAll('dt'), ({ textContent }) => textContent),
    ...Array.from(panel().querySelectorAll('li'), (item) => item.textContent?.replace(/^[^:]*: /, '')),
  ]

  it('has its place before anything was read: the same lines, which say that they are being read', async () => {
    const bridge = createFakeBridge()
    const answered = Promise.withResolvers<void>()
    const facts = factsFor('server', {})
    bridge.handle('wizard.facts', async () => {
      await answered.promise
      return facts
    })
    await open(bridge, 'server')
    expect(panel().getAttribute('aria-busy')).toBe('true')
    expect(panel().querySelectorAll('dt')).toHaveLength(2)
    expect(panel().querySelectorAll('li')).toHaveLength(2)
    expect(within(panel()).getAllByText('Reading …').length).toBeGreaterThan(3)
    const before = lines().length
    await act(async () => answered.resolve())
    expect(await within(panel()).findByText('kt_operator')).toBeTruthy()
    expect(lines()).toHaveLength(before)
    expect(panel().getAttribute('aria-busy')).toBe('false')
  })

  it('keeps its lines when the target does not answer, and says that nothing was read', async () => {
    const bridge = createFakeBridge()
    bridge.refuse('wizard.facts', unreachable)
    await open(bridge, 'server')
    expect(await within(panel()).findByRole('alert')).toBeTruthy()
    expect(within(panel()).getAllByText('not read')).toHaveLength(4)
    expect(within(panel()).getByRole('button', { name: 'Check again' })).toBeTruthy()
  })

  it('leaves the form usable when the target does not answer: another server can be chosen, nothing is counted', async () => {
    const bridge = createFakeBridge()
    bridge.refuse('wizard.facts', unreachable)
    await open(bridge, 'server')
    fireEvent.click(await screen.findByRole('radio', { name: server.name }))
    const databases = screen.getByRole('group', { name: 'Databases' })
    expect(within(databases).getByText(/^Not read: this list comes from the server/)).toBeTruthy()
    expect(within(databases).queryByText(/usable/)).toBeNull()
    await waitFor(() => expect(lastSaved(bridge)?.answers['target']).toBe(server.id))
  })
})

describe('what is suggested', () => {
  const folder = () => screen.getByLabelText<HTMLInputElement>('Folder on the server for backups')
  const suggests = (suggested: FormFacts['suggested']): FormFacts => ({
    ...factsFor('destination', {}),
    suggested,
  })
  /** Backups go to a folder: where else they can go is asked first. */
  const openDestination = async (bridge: FakeBridge): Promise<void> => {
    await open(bridge, 'destination')
    fireEvent.click(await screen.findByRole('radio', { name: /^A folder on the server/ }))
    await screen.findByLabelText('Folder on the server for backups')
  }
  const suggestedFolder = { value: 'D:\\Backup', because: 'the server names it' }

  it('does not come under the caret of a field that somebody is in, and comes when that is left empty', async () => {
    const bridge = createFakeBridge()
    const read = Promise.withResolvers<FormFacts>()
    bridge.handle('wizard.facts', () => read.promise)
    await openDestination(bridge)
    act(() => folder().focus())
    await act(async () =>
      read.resolve(
        suggests({
          backupFolder: suggestedFolder,
          copyOnly: { value: true, because: 'the base stays as it is' },
        }),
      ),
    )
    expect(await screen.findByText('Filled in by Keyturn: the base stays as it is.')).toBeTruthy()
    expect(folder().value).toBe('')
    act(() => folder().blur())
    expect(await screen.findByText('Filled in by Keyturn: the server names it.')).toBeTruthy()
    expect(folder().value).toBe('D:\\Backup')
  })

  it('leaves alone what was typed before it came', async () => {
    const bridge = createFakeBridge()
    const read = Promise.withResolvers<FormFacts>()
    bridge.handle('wizard.facts', () => read.promise)
    await openDestination(bridge)
    act(() => folder().focus())
    act(() => type(folder(), 'E:\\Mine'))
    await act(async () => read.resolve(suggests({ backupFolder: suggestedFolder })))
    act(() => folder().blur())
    await waitFor(() => expect(lastSaved(bridge)?.answers['backupFolder']).toBe('E:\\Mine'))
    expect(folder().value).toBe('E:\\Mine')
  })

  it('stays away where a person emptied the field, so that something else can be typed', async () => {
    const bridge = createFakeBridge()
    bridge.handle('wizard.facts', () => suggests({ backupFolder: suggestedFolder }))
    await openDestination(bridge)
    await waitFor(() => expect(folder().value).toBe('D:\\Backup'))
    act(() => type(folder(), ''))
    await waitFor(() => expect(lastSaved(bridge)?.answers['backupFolder']).toBe(''))
    act(() => folder().focus())
    act(() => folder().blur())
    expect(folder().value).toBe('')
  })
})
