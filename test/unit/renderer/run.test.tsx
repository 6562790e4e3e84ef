// @vitest-environment jsdom
import { fireEvent, screen, within } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { useApp } from '../../../renderer/app/state/app-state.ts'
import { resumingWords } from '../../../renderer/wizard/run/interrupted-words.ts'
import RunPage from '../../../renderer/wizard/run/RunPage.tsx'
import type { RunLook } from '../../../shared/model/plan.ts'
import { createFakeBridge } from './fake-bridge.ts'
import { interruptedView, lookAtInterrupted } from './fakes/plan.ts'
import { unlocked, unreachable } from './fakes/state.ts'
import { show } from './window-setup.tsx'

const rowOf = (name: RegExp) => within(screen.getByRole('row', { name }))

describe('an interrupted run', () => {
  beforeEach(() => useApp.setState({ app: unlocked, problem: null }))

  const openRun = async (look?: () => RunLook | Promise<RunLook>) => {
    const bridge = createFakeBridge({ run: interruptedView })
    if (look) bridge.handle('runs.look', look)
    show(bridge, <RunPage run={interruptedView.id} />)
    await screen.findByRole('heading', { level: 2, name: 'Where it stopped' })
    return bridge
  }

  it('asks the target about the step at which it stands, with source and time', async () => {
    await openRun()
    expect(await screen.findByText('Its effect is not there')).toBeTruthy()
    const row = rowOf(/^5\./)
    expect(row.getByText('Begun, no outcome')).toBeTruthy()
    expect(row.getByText('Its effect is not there')).toBeTruthy()
    expect(row.getByText(lookAtInterrupted.target ?? '', { exact: false })).toBeTruthy()
    expect(row.getByText('Does this step, after the same check')).toBeTruthy()
    expect(screen.getByRole('columnheader', { name: 'The target says now' })).toBeTruthy()
  })

  it('does not count the step that was interrupted as read back', async () => {
    await openRun()
    expect(await screen.findByText(/Done and read back: steps 1–4\. Step 5 was begun/)).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Undo steps 1–5' })).toBeTruthy()
  })

  it('keeps a place for the reading, says when the target did not answer, and reads again', async () => {
    const bridge = await openRun(() => new Promise<RunLook>(() => undefined))
    expect(rowOf(/^5\./).getByText('Reading the target …')).toBeTruthy()
    bridge.handle('runs.look', () => ({ ...lookAtInterrupted, found: 'not-read', problem: unreachable }))
    fireEvent.click(screen.getByRole('button', { name: 'Read step 5 again' }))
    expect(await rowOf(/^5\./).findByText('Not read')).toBeTruthy()
    expect(rowOf(/^5\./).getByText(unreachable.title)).toBeTruthy()
    expect(rowOf(/^5\./).getByText(/Checks the target first/)).toBeTruthy()
  })

  it('a reading that main refused stands for nothing that was read before it', async () => {
    const bridge = await openRun(() => ({ ...lookAtInterrupted, found: 'there' }))
    await screen.findByText('Its effect is there')
    bridge.refuse('runs.look', unreachable)
    fireEvent.click(screen.getByRole('button', { name: 'Read step 5 again' }))
    await screen.findByText('Not read')
    expect(screen.queryByText('Its effect is there')).toBeNull()
  })

  it('words for going on follow what was found, in both directions', () => {
    expect(resumingWords('not-verified', 'there', false)).toMatch(/it is not done again$/)
    expect(resumingWords('not-verified', 'at-work', false)).toMatch(/^Waits/)
    expect(resumingWords('waiting', null, false)).toMatch(/^Runs as planned/)
    expect(resumingWords('verified', null, false)).toBe('Is not done again')
    expect(resumingWords('verified', 'there', true)).toMatch(/^Takes its effect back/)
    expect(resumingWords('waiting', null, true)).toMatch(/^Was not begun/)
    expect(resumingWords('undone', null, true)).toBe('Is not undone again')
  })
})
