import { styled } from '@mui/material/styles'
import { useId } from 'react'
import { SecretInput, useSecretControl, type SecretControl } from './SecretInput.tsx'

export const usePassphrase = useSecretControl

const Box = styled('div')({ display: 'flex', flexDirection: 'column', gap: 4, maxWidth: 480 })
const Label = styled('label')({ fontWeight: 600 })

/** A passphrase with its label: paste and Show allowed, no test of memory. */
export const PassphraseInput = (props: {
  control: SecretControl
  label: string
  autoFocus?: boolean
  onTyped?: () => void
  describedBy?: string
}) => {
  const id = useId()
  return (
    <Box>
      <Label htmlFor={id}>{props.label}</Label>
      <SecretInput
        id={id}
        control={props.control}
        autoFocus={props.autoFocus ?? false}
        {...(props.onTyped ? { onTyped: props.onTyped } : {})}
        {...(props.describedBy === undefined ? {} : { describedBy: props.describedBy })}
      />
    </Box>
  )
}
