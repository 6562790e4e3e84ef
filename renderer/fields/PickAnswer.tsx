import Button from '@mui/material/Button'
import OutlinedInput from '@mui/material/OutlinedInput'
import Skeleton from '@mui/material/Skeleton'
import { styled } from '@mui/material/styles'
import { useId, useState } from 'react'
import type { AnswerValue, FactOption, PickField } from '../../shared/forms/form.ts'
import { count, shortThumbprint, withoutControls } from '../ui/format.ts'
import { LongName } from '../ui/LongName.tsx'
import { ButtonRow, Muted } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { FieldShell } from './FieldShell.tsx'
import { fieldId, type FieldProps } from './field-props.ts'
import { OptionList, OptionRow } from './OptionRow.tsx'

const Facts = styled('span')(({ theme }) => ({
  display: 'flex',
  flexWrap: 'wrap',
  gap: '2px 16px',
  color: theme.vars.palette.text.secondary,
}))

/** Longer lists show this many rows at first; searching reaches all of them. */
const rowsAtOnce = 200
const searchFrom = 10

const chosenOf = (value: AnswerValue): readonly string[] =>
  Array.isArray(value) ? value : typeof value === 'string' && value !== '' ? [value] : []

/** What the draft holds while its row can't be shown. */
const keptChoice = (field: PickField, chosen: readonly string[]): string => {
  if (chosen.length === 0) return 'Nothing is chosen so far.'
  const [first = ''] = chosen
  return field.opaque === true || chosen.length > 1
    ? `${count(chosen.length, 'row')} chosen before ${chosen.length === 1 ? 'stays' : 'stay'} chosen.`
    : `${withoutControls(first)}, chosen before, stays chosen.`
}

const factText = (value: string): string =>
  /^[0-9A-F]{16,}$/.test(value) ? shortThumbprint(value) : withoutControls(value)

const Row = (props: {
  option: FactOption
  field: PickField
  checked: boolean
  onChange: (checked: boolean) => void
}) => {
  const { option, field, checked } = props
  const facts = Object.entries(option.facts ?? {})
  return (
    <OptionRow
      type={field.many ? 'checkbox' : 'radio'}
      name={fieldId(field.name)}
      checked={checked}
      usable={option.usable}
      onChange={props.onChange}
      label={<LongName name={option.label} />}
    >
      {option.detail === undefined && facts.length === 0 && option.usable ? undefined : (
        <>
          {option.usable ? null : (
            <StatusMark mark="skipped" word={`Can’t be chosen: ${option.reason ?? 'reason not given'}`} />
          )}
          <Facts>
            {option.detail === undefined ? null : <span>{withoutControls(option.detail)}</span>}
            {facts.map(([label, value]) => (
              <span key={label}>
                {label}: {factText(value)}
              </span>
            ))}
          </Facts>
        </>
      )}
    </OptionRow>
  )
}

/** A list that main read. Rows that can't be used stay visible with their reason. */
export const PickAnswer = (props: FieldProps<PickField>) => {
  const { field, value, onChange, error, because = null, options = null } = props
  const searchId = useId()
  const [search, setSearch] = useState('')
  const [limit, setLimit] = useState(rowsAtOnce)
  const chosen = chosenOf(value)
  if (options === null && props.unread === true)
    return (
      <FieldShell texts={field} error={error} group="group">
        <p>Not read: this list comes from the server. {keptChoice(field, chosen)}</p>
      </FieldShell>
    )
  if (options === null)
    return (
      <FieldShell texts={field} error={error} group="group">
        <Skeleton variant="rectangular" height={120} animation={false} />
        <Muted role="status">Reading {field.label.toLowerCase()} …</Muted>
      </FieldShell>
    )
  const usable = options.filter((option) => option.usable)
  const wanted = search.trim().toLowerCase()
  const found = wanted === '' ? options : options.filter(({ label }) => label.toLowerCase().includes(wanted))
  const shown = found.slice(0, limit)
  const usableFound = found.filter((option) => option.usable)
  const change = (option: FactOption, checked: boolean) =>
    onChange(
      field.many
        ? checked
          ? [...chosen, option.value]
          : chosen.filter((other) => other !== option.value)
        : option.value,
    )
  return (
    <FieldShell
      texts={field}
      error={error}
      because={because}
      group={field.many ? 'group' : 'radiogroup'}
      wide
    >
      <Muted>
        {count(usable.length, 'usable row')}, {options.length - usable.length} not
        {field.many ? `; ${chosen.length.toLocaleString('en-US')} chosen` : ''}
      </Muted>
      {options.length > searchFrom ? (
        <ButtonRow>
          <label htmlFor={searchId}>Search</label>
          <OutlinedInput
            id={searchId}
            type="search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') event.preventDefault()
            }}
            sx={{ flex: '1 1 160px', maxWidth: 280 }}
            inputProps={{ maxLength: 256, spellCheck: false }}
          />
          {field.many ? (
            <>
              <Button
                size="small"
                variant="outlined"
                onClick={() =>
                  onChange([...new Set([...chosen, ...usableFound.map((option) => option.value)])])
                }
              >
                Choose {usableFound.length.toLocaleString('en-US')} {wanted === '' ? 'usable' : 'found'}
              </Button>
              <Button size="small" variant="text" onClick={() => onChange([])}>
                Choose none
              </Button>
            </>
          ) : null}
        </ButtonRow>
      ) : null}
      {options.length === 0 ? (
        <p>None to choose from yet. What is listed here depends on the answers above it.</p>
      ) : (
        <OptionList data-scrolls data-long={shown.length > 50 ? '' : undefined}>
          {shown.map((option) => (
            <Row
              key={option.value}
              option={option}
              field={field}
              checked={chosen.includes(option.value)}
              onChange={(checked) => change(option, checked)}
            />
          ))}
          {found.length === 0 ? <p>No row has “{search.trim()}” in its name.</p> : null}
        </OptionList>
      )}
      {found.length > shown.length ? (
        <ButtonRow>
          <Muted>
            {shown.length} of {found.length.toLocaleString('en-US')} rows shown
          </Muted>
          <Button size="small" variant="text" onClick={() => setLimit(limit + 1000)}>
            Show more rows
          </Button>
        </ButtonRow>
      ) : null}
    </FieldShell>
  )
}
