import Button from '@mui/material/Button'
import Checkbox from '@mui/material/Checkbox'
import FormControlLabel from '@mui/material/FormControlLabel'
import OutlinedInput from '@mui/material/OutlinedInput'
import { useId, useState, type FormEvent } from 'react'
import type { TableName, TableView } from '../../../shared/ipc/schemas.ts'
import { ask, useAction, useAsk } from '../../bridge/index.ts'
import { usePlacePicker } from '../../fields/use-place-picker.tsx'
import { snack } from '../../app/state/notices.ts'
import { count, withoutControls } from '../format.ts'
import { ButtonRow, Muted, Panel, PlainList, SmallHeading } from '../Panel.tsx'
import { ProblemPanel } from '../ProblemPanel.tsx'
import { StatusMark } from '../StatusMark.tsx'
import type { TableQuery } from './query.ts'
import { viewOf, withView, type BuiltInView, type TableLook } from './table-look.ts'

export interface TableToolsProps {
  table: TableName
  query: TableQuery
  look: TableLook
  columns: readonly { field: string; headerName?: string | undefined }[]
  builtIn: readonly BuiltInView[]
  onLook: (look: TableLook) => void
  onView: (view: Partial<TableView>) => void
}

const mostViews = 20

const Views = ({ table, query, look, builtIn, onView }: TableToolsProps) => {
  const id = useId()
  const saved = useAsk('tables.views', { table })
  const [name, setName] = useState('')
  const keep = useAction(async (views: TableView[]) => {
    await ask('tables.saveViews', { table, views })
    saved.reload()
  })
  const views = saved.value?.views ?? []
  const save = (event: FormEvent) => {
    event.preventDefault()
    const wanted = name.trim()
    if (wanted === '' || views.length >= mostViews) return
    void keep.run(withView(views, viewOf(wanted, query, look))).then((done) => done && setName(''))
  }
  const remove = (view: TableView) =>
    void keep.run(views.filter((other) => other !== view)).then((done) => {
      if (done) snack(`View ${view.name} deleted`, { label: 'Undo', act: () => void keep.run([...views]) })
    })
  const problem = keep.problem ?? saved.problem
  return (
    <Panel aria-label="Views">
      {problem === null ? null : <ProblemPanel problem={problem} />}
      <SmallHeading as="h3">Built in</SmallHeading>
      <ButtonRow>
        <Button size="small" variant="outlined" onClick={() => onView({})}>
          All
        </Button>
        {builtIn.map((view) => (
          <Button key={view.name} size="small" variant="outlined" onClick={() => onView(view.make())}>
            {view.name}
          </Button>
        ))}
      </ButtonRow>
      <SmallHeading as="h3">Saved here</SmallHeading>
      {views.length === 0 ? (
        <Muted>None yet: a view keeps filters, order, columns and row height.</Muted>
      ) : null}
      <PlainList>
        {views.map((view) => (
          <li key={view.name}>
            <ButtonRow>
              <Button size="small" variant="outlined" onClick={() => onView(view)}>
                <bdi>{withoutControls(view.name)}</bdi>
              </Button>
              <Button size="small" variant="text" onClick={() => remove(view)}>
                Delete view<span className="visually-hidden"> {withoutControls(view.name)}</span>
              </Button>
            </ButtonRow>
          </li>
        ))}
      </PlainList>
      <form onSubmit={save} noValidate>
        <ButtonRow>
          <label htmlFor={id}>Name of this view</label>
          <OutlinedInput
            id={id}
            size="small"
            value={name}
            onChange={(event) => setName(event.target.value)}
            inputProps={{ maxLength: 60, spellCheck: false }}
          />
          <Button type="submit" size="small" variant="outlined" aria-disabled={keep.busy}>
            Save view
          </Button>
          {views.length >= mostViews ? <Muted>{mostViews} views are kept; delete one first.</Muted> : null}
        </ButtonRow>
      </form>
    </Panel>
  )
}

const Columns = ({ columns, look, onLook }: TableToolsProps) => (
  <Panel aria-label="Columns and row height">
    <ButtonRow role="group" aria-label="Columns">
      {columns.slice(1).map(({ field, headerName }) => (
        <FormControlLabel
          key={field}
          label={headerName ?? field}
          control={
            <Checkbox
              size="small"
              checked={!look.hidden.includes(field)}
              onChange={(event) =>
                onLook({
                  ...look,
                  hidden: event.target.checked
                    ? look.hidden.filter((other) => other !== field)
                    : [...look.hidden, field],
                })
              }
            />
          }
        />
      ))}
    </ButtonRow>
    <FormControlLabel
      label="More room between rows"
      control={
        <Checkbox
          size="small"
          checked={look.density === 'comfortable'}
          onChange={(event) => onLook({ ...look, density: event.target.checked ? 'comfortable' : 'compact' })}
        />
      }
    />
  </Panel>
)

const Export = ({ table, query }: TableToolsProps) => {
  const picker = usePlacePicker()
  const [written, setWritten] = useState<string | null>(null)
  const save = useAction(async () => {
    const place = await picker.pick('table')
    if (!place) return
    const { search, filters, sort } = query
    const { name, rows } = await ask('tables.export', {
      table,
      selection: { search, filters: [...filters], sort },
      place: place.id,
    })
    setWritten(`${count(rows, 'row')} written: ${name}, in ${place.label}`)
  })
  return (
    <>
      <Button size="small" variant="text" aria-disabled={save.busy} onClick={() => void save.run()}>
        Save as CSV
      </Button>
      <output>{written === null ? null : <StatusMark mark="ok" word={withoutControls(written)} />}</output>
      {save.problem === null ? null : <ProblemPanel problem={save.problem} />}
      {picker.dialog}
    </>
  )
}

/** How the table is looked at: views, columns, row height; and its rows as a file. One part is open at a time. */
export const TableTools = (props: TableToolsProps) => {
  const [open, setOpen] = useState<'views' | 'columns' | null>(null)
  const part = (name: 'views' | 'columns', label: string) => (
    <Button
      size="small"
      variant="text"
      aria-expanded={open === name}
      onClick={() => setOpen(open === name ? null : name)}
    >
      {label}
    </Button>
  )
  return (
    <>
      <ButtonRow>
        {part('views', 'Views')}
        {part('columns', 'Columns')}
        <Export {...props} />
      </ButtonRow>
      {open === 'views' ? <Views {...props} /> : null}
      {open === 'columns' ? <Columns {...props} /> : null}
    </>
  )
}
