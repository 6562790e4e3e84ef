import Button from '@mui/material/Button'
import OutlinedInput from '@mui/material/OutlinedInput'
import { useId, useState } from 'react'
import type { Problem } from '../../shared/errors/problem.ts'
import { ask, useAction } from '../bridge/index.ts'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { ButtonRow, Panel, PanelHeading } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { Thumbprint } from '../ui/Thumbprint.tsx'
import { count, withoutControls } from '../ui/format.ts'
import { AnchorSheet } from './AnchorSheet.tsx'
import { askForChain, type Chain } from './ChainLine.tsx'
import { CompareAnchor } from './CompareAnchor.tsx'

const TiesFacts = ({ ties }: Pick<Chain, 'ties'>) => (
  <Facts
    facts={[
      [
        'Fingerprint of the record',
        ties.identity === null ? (
          'none: nothing is signed'
        ) : (
          <Thumbprint key="identity" value={ties.identity} label="Fingerprint of the record" />
        ),
      ],
      [
        'Signed',
        ties.signedFrom === null
          ? 'no entry'
          : `from entry ${ties.signedFrom.toLocaleString('en-US')}, now with key number ${ties.epoch ?? 1}`,
      ],
      [
        'Countersigned',
        ties.countersigned === null ? (
          'not yet: the next unlock does it'
        ) : (
          <div key="countersigned">
            up to entry {ties.countersigned.to.toLocaleString('en-US')} at the unlock of{' '}
            <FactTime at={ties.countersigned.at} />, with key
            <Thumbprint value={ties.countersigned.key} label="Fingerprint of the countersigning key" />
          </div>
        ),
      ],
      [
        'Last outside anchor',
        ties.anchor === null ? (
          'none'
        ) : (
          <span key="anchor">
            of {count(ties.anchor.count, 'entry', 'entries')}, <FactTime at={ties.anchor.at} />
          </span>
        ),
      ],
    ]}
  />
)

/** What can leave this computer, so that somebody else can tell later whether the record is still the same. */
export const OutsidePanel = ({ chain, onRead }: { chain: Chain; onRead: (chain: Chain) => void }) => {
  const fromId = useId()
  const hintId = useId()
  const [said, setSaid] = useState<string | null>(null)
  const [sheet, setSheet] = useState<string | null>(null)
  const [from, setFrom] = useState('1')
  const [fromProblem, setFromProblem] = useState<string | null>(null)
  const picker = usePlacePicker()
  const readAgain = async (): Promise<void> => onRead(await askForChain(false))

  const save = useAction(async () => {
    const place = await picker.pick('anchor')
    if (!place) return
    const { name } = await ask('audit.saveAnchor', { place: place.id })
    setSaid(`Anchor written: ${name}, in ${place.label}`)
    await readAgain()
  })
  const print = useAction(async () => {
    setSheet((await ask('audit.anchorToPrint', {})).text)
    await readAgain()
  })
  const exportIt = useAction(async () => {
    const first = Number(from.trim())
    if (!/^\d{1,8}$/.test(from.trim()) || first < 1) {
      setFromProblem('Give the number of the first entry, from 1 on')
      return
    }
    setFromProblem(null)
    const place = await picker.pick('record')
    if (!place) return
    const { name, verifier } = await ask('audit.export', { place: place.id, from: first })
    setSaid(`Record written: ${name}, with ${verifier}, in ${place.label}`)
  })
  const problems = [save.problem, print.problem, exportIt.problem].filter(
    (one): one is Problem => one !== null,
  )

  return (
    <Panel aria-labelledby="outside-heading">
      <PanelHeading id="outside-heading">Outside this computer</PanelHeading>
      <TiesFacts ties={chain.ties} />
      <p>
        An anchor is the number of entries and the hash of the last one. Kept elsewhere, it shows a cut or a
        rewritten record. An export holds the entries with their signatures and brings a script that checks
        them without Keyturn.
      </p>
      <ButtonRow>
        <Button variant="outlined" aria-disabled={save.busy} onClick={() => void save.run()}>
          Save anchor
        </Button>
        <Button variant="outlined" aria-disabled={print.busy} onClick={() => void print.run()}>
          Show anchor to print
        </Button>
      </ButtonRow>
      <div>
        <label htmlFor={fromId}>Export from entry</label>
        <p id={hintId}>1 is the whole record. A part needs the fingerprint of the record too.</p>
      </div>
      <ButtonRow>
        <OutlinedInput
          id={fromId}
          value={from}
          error={fromProblem !== null}
          onChange={(event) => setFrom(event.target.value)}
          sx={{ width: 144 }}
          inputProps={{
            inputMode: 'numeric',
            maxLength: 12,
            autoComplete: 'off',
            'aria-describedby': fromProblem === null ? hintId : `${hintId} ${fromId}-problem`,
            'aria-invalid': fromProblem !== null,
          }}
        />
        <Button variant="outlined" aria-disabled={exportIt.busy} onClick={() => void exportIt.run()}>
          Export record
        </Button>
      </ButtonRow>
      {fromProblem === null ? null : (
        <p id={`${fromId}-problem`} role="alert">
          {fromProblem}
        </p>
      )}
      <output>{said === null ? null : <StatusMark mark="ok" word={withoutControls(said)} />}</output>
      {problems.map((problem) => (
        <ProblemPanel key={problem.code} problem={problem} />
      ))}
      <CompareAnchor />
      {picker.dialog}
      {sheet === null ? null : <AnchorSheet text={sheet} onClose={() => setSheet(null)} />}
    </Panel>
  )
}
