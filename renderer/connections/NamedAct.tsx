import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { ReactNode } from 'react'
import { withoutControls } from '../ui/format.ts'

const Label = styled('span')({
  maxWidth: 'min(200px, 100%)',
  overflow: 'hidden',
  textOverflow: 'ellipsis',
  whiteSpace: 'nowrap',
})

interface Props {
  verb: ReactNode
  /** The object of the act. A long name is cut on the button only; it stands whole on the card and in the title. */
  name: string
  variant?: 'contained' | 'outlined'
  busy?: boolean
  onClick: () => void
}

/** A button of verb and object: "Test SQLPROD-01". */
export const NamedAct = ({ verb, name, variant = 'outlined', busy = false, onClick }: Props) => {
  const shown = withoutControls(name)
  return (
    <Button variant={variant} title={shown} aria-disabled={busy} onClick={onClick} sx={{ maxWidth: '100%' }}>
      <Label>
        {verb} <bdi>{shown}</bdi>
      </Label>
    </Button>
  )
}
