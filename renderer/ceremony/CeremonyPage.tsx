import { useState } from 'react'
import type { CeremonyView } from '../../shared/model/ceremony.ts'
import { replaceHash, hashOf } from '../app/routes.ts'
import { useAsk } from '../bridge/index.ts'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { BeginCeremony } from './BeginCeremony.tsx'
import { CeremonyEnd } from './CeremonyEnd.tsx'
import { HandOver } from './HandOver.tsx'
import { HolderPart } from './HolderPart.tsx'
import { Stage } from './parts.tsx'

/** The present ceremony in the full window, or the form that begins one. `about`: `new`, or the group to be replaced. */
const CeremonyPage = ({ about }: { about: string | null }) => {
  const read = useAsk('ceremony.state', {})
  const [changed, setChanged] = useState<CeremonyView | null>(null)
  if (read.problem !== null)
    return (
      <Stage>
        <ProblemPanel problem={read.problem} />
      </Stage>
    )
  if (read.value === null) return <p role="status">Reading the state of the ceremony …</p>
  const ceremony = changed ?? read.value.ceremony
  const told = (next: CeremonyView) => {
    setChanged(next)
    if (about !== null) replaceHash(hashOf.escrow('ceremony'))
  }
  if (ceremony === null || (ceremony.state !== 'open' && about !== null))
    return <BeginCeremony replaces={about === 'new' ? null : about} onBegun={told} />
  if (ceremony.state !== 'open' || ceremony.turn === null) return <CeremonyEnd ceremony={ceremony} />
  const { number, here } = ceremony.turn
  return here ? (
    <HolderPart key={`here ${number}`} ceremony={ceremony} number={number} onChanged={told} />
  ) : (
    <HandOver key={`hand over ${number}`} ceremony={ceremony} number={number} onChanged={told} />
  )
}
export default CeremonyPage
