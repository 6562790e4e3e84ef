import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import type { ReactNode } from 'react'
import { useStore } from 'zustand'
import { go } from '../app/routes.ts'
import { lowWindow } from '../theme/GlobalLook.tsx'
import { clockTime } from '../ui/format.ts'
import { Muted } from '../ui/Panel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import type { DraftStore } from './draft-store.ts'

const Bar = styled('div')(({ theme }) => ({
  position: 'sticky',
  bottom: 0,
  zIndex: 10,
  display: 'flex',
  flexWrap: 'wrap',
  gap: '8px 16px',
  alignItems: 'center',
  marginTop: 8,
  padding: '12px 0 16px',
  backgroundColor: theme.vars.palette.background.default,
  borderTop: `1px solid ${theme.vars.palette.surface.line}`,
  [lowWindow]: { position: 'static' },
}))
const Fill = styled('span')({ flex: '1 1 0' })

const Saved = ({ store }: { store: DraftStore }) => {
  const { dirty, saveProblem, savedAt } = useStore(store)
  if (saveProblem !== null) return <StatusMark mark="failed" word={`Draft not saved: ${saveProblem.title}`} />
  return <Muted>{dirty ? 'Saving the draft …' : `Draft saved ${clockTime(savedAt)}`}</Muted>
}

/** Left: leave, and what is saved. Right: back and on. Below 500 px of height it does not stick. */
export const WizardFooter = ({ store, children }: { store: DraftStore; children: ReactNode }) => (
  <Bar>
    <Button
      variant="text"
      onClick={() => {
        void store.flush().then(() => go('#/setup'))
      }}
    >
      Save and leave
    </Button>
    <Saved store={store} />
    <Fill />
    {children}
  </Bar>
)
