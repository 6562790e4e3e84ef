import Button from '@mui/material/Button'
import { useEffect } from 'react'
import type { SecretField, ShareField } from '../../shared/forms/form.ts'
import { useAsk } from '../bridge/index.ts'
import { clockTime } from '../ui/format.ts'
import { ButtonRow } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { FieldShell } from './FieldShell.tsx'

interface KeptProps {
  field: SecretField | ShareField
  handle: string
  error: string | null
  onReplace: () => void
  onGone: () => void
}

/** A secret that main holds: its name and time, never its text. */
export const KeptSecret = ({ field, handle, error, onReplace, onGone }: KeptProps) => {
  const { value, problem } = useAsk('secrets.about', { handle })
  const gone = value?.found === false
  useEffect(() => {
    if (gone) onGone()
  }, [gone, onGone])
  return (
    <FieldShell texts={field} error={error ?? problem?.title ?? null} group="group">
      <ButtonRow>
        <StatusMark
          mark="ok"
          word={
            value === null || value.keptAt === null
              ? `Kept as «${value?.label ?? field.label}»`
              : `Kept as «${value.label}», entered ${clockTime(value.keptAt)}`
          }
        />
        <Button
          size="small"
          variant="outlined"
          onClick={onReplace}
          aria-label={`Replace ${field.label.toLowerCase()}`}
        >
          Replace
        </Button>
      </ButtonRow>
    </FieldShell>
  )
}
