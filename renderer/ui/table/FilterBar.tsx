import Button from '@mui/material/Button'
import Chip from '@mui/material/Chip'
import MenuItem from '@mui/material/MenuItem'
import OutlinedInput from '@mui/material/OutlinedInput'
import Select from '@mui/material/Select'
import { styled } from '@mui/material/styles'
import { useId, useState, type FormEvent } from 'react'
import { filterWords, operatorsOf, operatorWords, type FilterChoice, type TableFilter } from './query.ts'

const Row = styled('form')({ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'center' })
const Small = styled('label')({
  display: 'inline-flex',
  flexDirection: 'column',
  gap: 2,
  fontSize: '0.75rem',
})

interface Props {
  choices: readonly FilterChoice[]
  filters: readonly TableFilter[]
  onChange: (filters: readonly TableFilter[]) => void
}

/** Filters as chips, all of them must hold; and the small form that adds one. */
export const FilterBar = ({ choices, filters, onChange }: Props) => {
  const id = useId()
  const [adding, setAdding] = useState(false)
  const [property, setProperty] = useState(choices[0]?.property ?? '')
  const [operator, setOperator] = useState<TableFilter['operator']>('is')
  const [value, setValue] = useState('')
  const chosen = choices.find((choice) => choice.property === property)
  const values = chosen?.values
  const operators = chosen === undefined ? [] : operatorsOf(chosen)
  const add = (event: FormEvent) => {
    event.preventDefault()
    if (value.trim() === '') return
    onChange([...filters, { property, operator, value: value.trim() }])
    setAdding(false)
    setValue('')
  }
  return (
    <>
      {filters.map((filter) => (
        <Chip
          key={`${filter.property} ${filter.operator} ${filter.value}`}
          label={filterWords(choices, filter)}
          onDelete={() => onChange(filters.filter((other) => other !== filter))}
          variant="outlined"
        />
      ))}
      {choices.length === 0 || adding ? null : (
        <Button variant="text" onClick={() => setAdding(true)}>
          Add filter
        </Button>
      )}
      {adding ? (
        <Row onSubmit={add} noValidate>
          <Small>
            <span id={`${id}-p`}>Property</span>
            <Select
              size="small"
              value={property}
              labelId={`${id}-p`}
              onChange={(event) => {
                setProperty(event.target.value)
                setValue('')
                const next = choices.find((choice) => choice.property === event.target.value)
                setOperator((next === undefined ? [] : operatorsOf(next))[0] ?? 'is')
              }}
            >
              {choices.map((choice) => (
                <MenuItem key={choice.property} value={choice.property}>
                  {choice.label}
                </MenuItem>
              ))}
            </Select>
          </Small>
          <Small>
            <span id={`${id}-o`}>Operator</span>
            <Select
              size="small"
              value={operator}
              labelId={`${id}-o`}
              onChange={(event) => setOperator(event.target.value)}
            >
              {operators.map((name) => (
                <MenuItem key={name} value={name}>
                  {operatorWords[name]}
                </MenuItem>
              ))}
            </Select>
          </Small>
          <Small>
            <span id={`${id}-v`}>Value</span>
            {values === undefined ? (
              <OutlinedInput
                size="small"
                type={chosen?.time === true ? 'date' : 'text'}
                value={value}
                inputProps={{ 'aria-labelledby': `${id}-v`, maxLength: 256 }}
                onChange={(event) => setValue(event.target.value)}
              />
            ) : (
              <Select
                size="small"
                value={value}
                sx={{ minWidth: 160 }}
                labelId={`${id}-v`}
                onChange={(event) => setValue(event.target.value)}
              >
                {values.map((name) => (
                  <MenuItem key={name} value={name}>
                    {name}
                  </MenuItem>
                ))}
              </Select>
            )}
          </Small>
          <Button type="submit" variant="outlined">
            Apply filter
          </Button>
          <Button variant="text" onClick={() => setAdding(false)}>
            Cancel
          </Button>
        </Row>
      ) : null}
    </>
  )
}
