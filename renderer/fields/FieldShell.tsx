import { styled } from '@mui/material/styles'
import type { ReactNode } from 'react'
import { StatusMark } from '../ui/StatusMark.tsx'
import { fieldId } from './field-props.ts'

const Box = styled('div')<{ wide: boolean }>(({ wide }) => ({
  display: 'flex',
  flexDirection: 'column',
  gap: 4,
  maxWidth: wide ? '100%' : 480,
  minWidth: 0,
}))
const Label = styled('label')({ fontWeight: 600, padding: 0 })
const Group = styled('span')({ fontWeight: 600 })
const Help = styled('p')(({ theme }) => ({ color: theme.vars.palette.text.secondary }))

export interface FieldTexts {
  name: string
  label: string
  why: string
  rule?: string | undefined
  hint?: string | undefined
}

/** Ids of the texts that belong to the control, for aria-describedby. */
export const describedBy = (texts: FieldTexts, error: string | null, because: string | null = null): string =>
  [
    `${fieldId(texts.name)}-why`,
    texts.rule === undefined ? '' : `${fieldId(texts.name)}-rule`,
    texts.hint === undefined ? '' : `${fieldId(texts.name)}-hint`,
    because === null ? '' : `${fieldId(texts.name)}-because`,
    error === null ? '' : `${fieldId(texts.name)}-error`,
  ]
    .filter((id) => id !== '')
    .join(' ')

interface Props {
  texts: FieldTexts
  error: string | null
  because?: string | null
  /** A group of controls has no single one to be the label of. */
  group?: 'group' | 'radiogroup'
  wide?: boolean
  children: ReactNode
}

/** Label, why it is asked, rule, example, control, error: in this order for every field. */
export const FieldShell = ({ texts, error, because = null, group, wide = false, children }: Props) => {
  const id = fieldId(texts.name)
  return (
    <Box
      wide={wide}
      {...(group === undefined
        ? {}
        : {
            id,
            role: group,
            tabIndex: -1,
            'aria-labelledby': `${id}-label`,
            'aria-describedby': describedBy(texts, error, because),
            ...(group === 'radiogroup' && error !== null ? { 'aria-invalid': true } : {}),
          })}
    >
      {group === undefined ? (
        <Label htmlFor={id} id={`${id}-label`}>
          {texts.label}
        </Label>
      ) : (
        <Group id={`${id}-label`}>{texts.label}</Group>
      )}
      <Help id={`${id}-why`}>{texts.why}.</Help>
      {texts.rule === undefined ? null : <Help id={`${id}-rule`}>{texts.rule}.</Help>}
      {texts.hint === undefined ? null : <Help id={`${id}-hint`}>{texts.hint}.</Help>}
      {children}
      {because === null ? null : <Help id={`${id}-because`}>Filled in by Keyturn: {because}.</Help>}
      {error === null ? null : (
        <div id={`${id}-error`}>
          <StatusMark mark="failed" word={error} />
        </div>
      )}
    </Box>
  )
}
