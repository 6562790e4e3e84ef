// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { firstQuery, filterWords } from '../../../renderer/ui/table/query.ts'
import { applyView, inDays, viewOf, withView } from '../../../renderer/ui/table/table-look.ts'
import { CutText } from '../../../renderer/ui/table/CutText.tsx'
import { TableTools, type TableToolsProps } from '../../../renderer/ui/table/TableTools.tsx'
import { createFakeBridge, type FakeBridge } from './fake-bridge.ts'
import { show, type } from './window-setup.tsx'

const query = {
  ...firstQuery(),
  search: 'KT',
  filters: [{ property: 'kind', operator: 'is' as const, value: 'backup' }],
}
const look = { hidden: ['needs'], density: 'compact' as const }

const open = (given: Partial<TableToolsProps> = {}, bridge: FakeBridge = createFakeBridge()) => {
  const seen: unknown[] = []
  show(
    bridge,
    <TableTools
      table="keys"
      query={query}
      look={look}
      columns={[
        { field: 'name', headerName: 'Name' },
        { field: 'kind', headerName: 'Kind' },
        { field: 'needs', headerName: 'Needs' },
      ]}
      builtIn={[{ name: 'Expires in 60 days', make: () => ({ search: 'made' }) }]}
      onLook={(next) => seen.push(next)}
      onView={(view) => seen.push(view)}
      {...given}
    />,
  )
  return { bridge, seen }
}
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }))

describe('views of a table', () => {
  it('a built-in one is made when it is chosen; All is one too', () => {
    const { seen } = open()
    press('Views')
    press('Expires in 60 days')
    press('All')
    expect(seen).toEqual([{ search: 'made' }, {}])
  })

  it('what is on screen is kept under a name, in main, and can be chosen and deleted', async () => {
    const { bridge, seen } = open()
    press('Views')
    act(() => type(screen.getByLabelText('Name of this view'), ' Mine '))
    press('Save view')
    const kept = viewOf('Mine', query, look)
    fireEvent.click(screen.getByRole('button', { name: 'Views' }))
    fireEvent.click(screen.getByRole('button', { name: 'Views' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Mine' }))
    expect(seen).toEqual([kept])
    press('Delete view Mine')
    expect(await screen.findByText(/^None yet/)).toBeTruthy()
    expect(
      bridge.calls.filter(({ name }) => name === 'tables.saveViews').map(({ request }) => request),
    ).toEqual([
      { table: 'keys', views: [kept] },
      { table: 'keys', views: [] },
    ])
  })

  it('an empty name keeps nothing', () => {
    const { bridge } = open()
    press('Views')
    press('Save view')
    expect(bridge.calls.some(({ name }) => name === 'tables.saveViews')).toBe(false)
  })

  it('a view begins at the first page and keeps the page size; one of the same name replaces', () => {
    const now = { query: { ...firstQuery(), page: 7, pageSize: 25 }, look }
    const shown = applyView(viewOf('a', query, { hidden: [], density: 'comfortable' }), now)
    expect(shown.query).toMatchObject({ page: 0, pageSize: 25, search: 'KT', filters: query.filters })
    expect(shown.look).toEqual({ hidden: [], density: 'comfortable' })
    const [one, two] = [viewOf('a', query, look), viewOf('a', firstQuery(), look)]
    expect(withView([one], two)).toEqual([two])
  })
})

describe('columns and row height', () => {
  it('each column but the first can be taken away and brought back', () => {
    const { seen } = open()
    press('Columns')
    const group = within(screen.getByRole('group', { name: 'Columns' }))
    expect(group.queryByRole('checkbox', { name: 'Name' })).toBeNull()
    fireEvent.click(group.getByRole('checkbox', { name: 'Kind' }))
    fireEvent.click(group.getByRole('checkbox', { name: 'Needs' }))
    fireEvent.click(screen.getByRole('checkbox', { name: 'More room between rows' }))
    expect(seen).toEqual([
      { hidden: ['needs', 'kind'], density: 'compact' },
      { hidden: [], density: 'compact' },
      { hidden: ['needs'], density: 'comfortable' },
    ])
  })
})

describe('filters in words', () => {
  const choices = [{ property: 'expires', label: 'Expires', time: true as const }]
  it('a time is shown as one, nothing as empty', () => {
    expect(
      filterWords(choices, { property: 'expires', operator: 'before', value: '2027-01-24T12:00:00.000Z' }),
    ).toMatch(/^Expires before 24 Jan 2027, \d\d:00$/)
    expect(filterWords(choices, { property: 'expires', operator: 'is', value: '' })).toBe('Expires is empty')
    expect(inDays(60, Date.UTC(2026, 0, 1))).toBe('2026-03-02T00:00:00.000Z')
  })
})

describe('a text that is longer than its cell', () => {
  it('shows the whole when the cell has the focus, until Escape', async () => {
    show(createFakeBridge(), <CutText text="whole" shown="wh…" hasFocus />)
    expect((await screen.findByRole('tooltip')).textContent).toBe('whole')
    fireEvent.keyDown(document, { key: 'Escape' })
    await waitFor(() => expect(screen.queryByRole('tooltip')).toBeNull())
  })
  it('its end can be kept whatever the width; both parts are one text', () => {
    show(createFakeBridge(), <CutText text="a-long-name, 8eaec23f (older)" hasFocus={false} keptAtEnd={18} />)
    const end = screen.getByText(', 8eaec23f (older)', { normalizer: (text) => text })
    expect(end.parentElement?.textContent).toBe('a-long-name, 8eaec23f (older)')
    expect(screen.getByText('a-long-name')).not.toBe(end)
  })
  it('shows nothing more where nothing is cut', () => {
    show(createFakeBridge(), <CutText text="whole" hasFocus />)
    expect(screen.queryByRole('tooltip')).toBeNull()
  })
})
