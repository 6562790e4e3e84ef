import Dialog from '@mui/material/Dialog'
import OutlinedInput from '@mui/material/OutlinedInput'
import { styled } from '@mui/material/styles'
import { useId, useState } from 'react'
import { useAsk } from '../../bridge/index.ts'
import { localTime, withoutControls } from '../../ui/format.ts'
import { Muted, Unseen } from '../../ui/Panel.tsx'
import { go, hashOf } from '../routes.ts'
import { destinations } from './destinations.ts'

interface Place {
  kind: string
  label: string
  hash: string
}

const List = styled('ul')({
  listStyle: 'none',
  padding: 0,
  marginTop: 8,
  maxHeight: '50vh',
  overflow: 'auto',
})
const Item = styled('li')(({ theme }) => ({
  display: 'flex',
  justifyContent: 'space-between',
  gap: 16,
  padding: '8px 12px',
  minHeight: 36,
  borderInlineStart: '3px solid transparent',
  cursor: 'pointer',
  '&[aria-selected="true"]': {
    backgroundColor: theme.vars.palette.surface.selected,
    borderInlineStartColor: theme.vars.palette.primary.main,
  },
}))

const usePlaces = (): Place[] => {
  const connections = useAsk('connections.list', {})
  const jobs = useAsk('wizard.jobs', {})
  const drafts = useAsk('wizard.drafts', {})
  const runs = useAsk('runs.list', {})
  return [
    ...destinations.map(({ label, hash }) => ({ kind: 'Page', label, hash })),
    ...(jobs.value ?? []).map(({ job, title }) => ({
      kind: 'Job',
      label: title,
      hash: hashOf.newWizard(job),
    })),
    ...(connections.value ?? []).map(({ connection }) => ({
      kind: 'Connection',
      label: withoutControls(connection.name),
      hash: '#/connections',
    })),
    ...(drafts.value ?? []).map((draft) => ({
      kind: 'Draft',
      label: `${draft.jobNoun}: ${draft.targetNames.map(withoutControls).join(', ') || 'no server yet'}, saved ${localTime(draft.savedAt)}`,
      hash: hashOf.wizard(draft.job, draft.id, draft.screen),
    })),
    ...(runs.value ?? []).map((run) => ({
      kind: 'Run',
      label: `${withoutControls(run.title)}, ${localTime(run.startedAt)}`,
      hash: hashOf.run(run.id),
    })),
  ]
}

const mostShown = 50

/** Ctrl+K: type a part of a name, arrows, Enter. */
const GoTo = ({ onClose }: { onClose: () => void }) => {
  const id = useId()
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const words = text.toLowerCase().split(/\s+/)
  const found = usePlaces()
    .filter(({ kind, label }) => words.every((word) => `${kind} ${label}`.toLowerCase().includes(word)))
    .slice(0, mostShown)
  const open = (place: Place | undefined) => {
    if (!place) return
    onClose()
    go(place.hash)
  }
  return (
    <Dialog
      open
      onClose={onClose}
      fullWidth
      maxWidth="sm"
      aria-labelledby={`${id}-title`}
      slotProps={{ paper: { sx: { p: 3, alignSelf: 'flex-start' } } }}
    >
      <h2 className="visually-hidden" id={`${id}-title`}>
        Go to a page or object
      </h2>
      <OutlinedInput
        autoFocus
        fullWidth
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setActive(0)
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setActive((at) => Math.min(at + 1, found.length - 1))
          else if (event.key === 'ArrowUp') setActive((at) => Math.max(at - 1, 0))
          else if (event.key === 'Enter') open(found[active])
          else return
          event.preventDefault()
        }}
        inputProps={{
          role: 'combobox',
          'aria-label': 'Go to a page or object',
          'aria-expanded': true,
          'aria-controls': `${id}-list`,
          'aria-activedescendant': found[active] ? `${id}-${active}` : undefined,
          maxLength: 200,
          spellCheck: false,
        }}
      />
      <Unseen role="status">{found.length} found</Unseen>
      <List role="listbox" id={`${id}-list`} aria-label="Pages and objects">
        {found.map((place, index) => (
          <Item
            key={`${place.kind} ${place.hash} ${place.label}`}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onMouseMove={() => setActive(index)}
            onClick={() => open(place)}
            ref={index === active ? (element) => element?.scrollIntoView({ block: 'nearest' }) : undefined}
          >
            <bdi>{place.label}</bdi>
            <Muted>{place.kind}</Muted>
          </Item>
        ))}
      </List>
      {found.length === 0 ? <p>No page, connection, draft or run has “{text}” in its name.</p> : null}
    </Dialog>
  )
}
export default GoTo
