import Button from '@mui/material/Button'
import OutlinedInput from '@mui/material/OutlinedInput'
import { useState } from 'react'
import type { ServerPathField } from '../../shared/forms/form.ts'
import { ButtonRow } from '../ui/Panel.tsx'
import { describedBy, FieldShell } from './FieldShell.tsx'
import { fieldId, textOf, type FieldProps } from './field-props.ts'
import { ServerFolders } from './ServerFolders.tsx'

/** A folder on the server: typed, or picked from what the server lists. */
export const ServerPathAnswer = (props: FieldProps<ServerPathField>) => {
  const { field, value, onChange, error, because = null, target = null } = props
  const [listing, setListing] = useState(false)
  const text = textOf(value)
  return (
    <FieldShell texts={field} error={error} because={because} wide>
      <ButtonRow sx={{ maxWidth: 720 }}>
        <OutlinedInput
          id={fieldId(field.name)}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          error={error !== null}
          sx={{ flex: '1 1 320px', fontFamily: "'IBM Plex Mono', monospace", fontSize: '0.8125rem' }}
          inputProps={{
            'aria-describedby': describedBy(field, error, because),
            'aria-invalid': error !== null,
            spellCheck: false,
            autoComplete: 'off',
          }}
        />
        <Button variant="outlined" aria-expanded={listing} onClick={() => setListing(!listing)}>
          {listing ? 'Close list' : 'List folders'}
          <span className="visually-hidden"> for {field.label.toLowerCase()}</span>
        </Button>
      </ButtonRow>
      {listing && target === null ? <p>Choose a server first; the listing comes from it.</p> : null}
      {listing && target !== null ? (
        <ServerFolders
          target={target}
          start={text}
          onUse={(path) => {
            onChange(path)
            setListing(false)
            document.getElementById(fieldId(field.name))?.focus()
          }}
        />
      ) : null}
    </FieldShell>
  )
}
