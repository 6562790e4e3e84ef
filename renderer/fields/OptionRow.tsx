import { styled } from '@mui/material/styles'
import { useId, type ReactNode } from 'react'
import { colors } from '../theme/theme.ts'

const Row = styled('label')<{ chosen: boolean; usable: boolean }>(({ theme, chosen, usable }) => ({
  display: 'flex',
  gap: 12,
  alignItems: 'flex-start',
  padding: '8px 12px',
  minHeight: 40,
  borderTop: `1px solid ${theme.vars.palette.surface.line}`,
  '&:first-of-type': { borderTop: 0 },
  borderInlineStart: `3px solid ${chosen ? theme.vars.palette.primary.main : 'transparent'}`,
  backgroundColor: chosen ? theme.vars.palette.surface.selected : 'transparent',
  cursor: usable ? 'pointer' : 'default',
}))
const Control = styled('input')({
  width: 18,
  height: 18,
  margin: 1,
  flex: 'none',
  accentColor: colors.primary.main,
  '&[aria-disabled="true"]': { opacity: 0.45 },
  '&:focus-visible': { outline: `2px solid ${colors.surface.focus}`, outlineOffset: 2 },
})
const Words = styled('span')({
  display: 'flex',
  flexDirection: 'column',
  gap: 2,
  minWidth: 0,
  flex: '1 1 auto',
})

export const OptionList = styled('div')(({ theme }) => ({
  border: `1px solid ${theme.vars.palette.surface.controlBorder}`,
  borderRadius: 4,
  backgroundColor: theme.vars.palette.background.paper,
  overflow: 'auto',
  '&[data-scrolls]': { maxHeight: 360 },
  // Rows of a long list that are out of sight cost no layout.
  '&[data-long] label': { contentVisibility: 'auto', containIntrinsicSize: 'auto 58px' },
}))

interface Props {
  type: 'radio' | 'checkbox'
  name: string
  checked: boolean
  /** False: visible and focusable, but it can't be chosen; the row says why. */
  usable?: boolean
  describedBy?: string | undefined
  onChange: (checked: boolean) => void
  label: ReactNode
  children?: ReactNode
}

/** One choice: a native radio or checkbox with everything that is known about it. */
export const OptionRow = (props: Props) => {
  const id = useId()
  const { type, name, checked, usable = true, onChange } = props
  const more = props.children === undefined ? undefined : `${id}-more`
  return (
    <Row chosen={checked} usable={usable}>
      <Control
        type={type}
        name={name}
        checked={checked}
        aria-disabled={!usable}
        aria-labelledby={`${id}-label`}
        aria-describedby={
          [more, props.describedBy].filter((part) => part !== undefined).join(' ') || undefined
        }
        onChange={(event) => {
          if (usable) onChange(event.target.checked)
        }}
      />
      <Words>
        <span id={`${id}-label`}>{props.label}</span>
        {more === undefined ? null : <span id={more}>{props.children}</span>}
      </Words>
    </Row>
  )
}
