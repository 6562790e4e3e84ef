import Button from '@mui/material/Button'
import { useEffect, useRef } from 'react'
import type { CeremonyHolder, CeremonyView } from '../../shared/model/ceremony.ts'
import { ask, useAction } from '../bridge/index.ts'
import { TypedWords, withWords } from '../escrow/TypedWords.tsx'
import { useSecretControl } from '../fields/SecretInput.tsx'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { Facts } from '../ui/Facts.tsx'
import { withoutControls } from '../ui/format.ts'
import { ButtonRow, Column, Panel, PanelHeading } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { PathText } from '../ui/PathText.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { Holders, Sides, Stage } from './parts.tsx'
import { StopCeremony } from './StopCeremony.tsx'
import { useBlank } from './use-blank.ts'

interface Props {
  ceremony: CeremonyView
  number: number
  onChanged: (next: CeremonyView) => void
}

const Blanked = ({ seconds, onShow }: { seconds: number; onShow: () => void }) => {
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => button.current?.focus(), [])
  return (
    <Panel aria-label="Blanked">
      <p>This page was blanked after {seconds} seconds without a key or a click. The ceremony goes on.</p>
      <Button variant="contained" ref={button} onClick={onShow}>
        Show the page again
      </Button>
    </Panel>
  )
}

/** Writing: the share leaves main for the medium or for paper. This page sees its number and check code. */
const WriteShare = ({ ceremony, holder, onChanged }: Omit<Props, 'number'> & { holder: CeremonyHolder }) => {
  const picker = usePlacePicker()
  const write = useAction(async () => {
    const place = await picker.pick('share')
    if (place === null) return
    const step = { group: ceremony.group, holder: holder.number }
    try {
      onChanged(await ask('ceremony.write', { ...step, place: place.id }))
    } catch (thrown) {
      const { ceremony: now } = await ask('ceremony.state', {})
      if (now !== null) onChanged(now)
      throw thrown
    }
  })
  const again = holder.state === 'failed'
  return (
    <>
      <PanelHeading>{again ? 'Write the share again' : 'Write the share'}</PanelHeading>
      <p>
        {holder.medium === 'file'
          ? 'Put in your own medium, one that nobody else’s share is on, and choose a folder on it.'
          : 'Choose the folder from which the page is printed: best on a medium that goes to the printer. The page holds the words; Keyturn takes its file away when you have typed them from paper.'}
      </p>
      {write.problem === null || holder.problem !== null ? null : <ProblemPanel problem={write.problem} />}
      <ButtonRow>
        <Button
          variant={again ? 'outlined' : 'contained'}
          aria-disabled={write.busy}
          onClick={() => void write.run()}
        >
          {write.busy
            ? 'Writing …'
            : holder.medium === 'file'
              ? `Choose folder and write share ${holder.number}`
              : `Choose folder and make the page of share ${holder.number}`}
        </Button>
      </ButtonRow>
      {picker.dialog}
    </>
  )
}

const ReadBack = ({ ceremony, holder, onChanged }: Omit<Props, 'number'> & { holder: CeremonyHolder }) => {
  const words = useSecretControl()
  const step = { group: ceremony.group, holder: holder.number }
  const read = useAction(async () => {
    onChanged(
      holder.medium === 'file'
        ? await ask('ceremony.readBack', step)
        : await withWords(words, (bytes) => ask('ceremony.typed', { ...step, words: bytes })),
    )
  })
  return (
    <>
      <PanelHeading>Read the share back</PanelHeading>
      <p>
        {holder.medium === 'file'
          ? 'Take the medium out and put it in again, so that the file comes from there and not from the memory of this computer. Then read it back.'
          : `Print the page, compare the check code, and type the words from the paper. ${holder.checkCode} has to stand on it.`}
      </p>
      {holder.medium === 'paper' ? <TypedWords control={words} onEnter={() => void read.run()} /> : null}
      {read.problem === null ? null : <ProblemPanel problem={read.problem} />}
      <ButtonRow>
        <Button variant="contained" aria-disabled={read.busy} onClick={() => void read.run()}>
          {read.busy
            ? 'Reading …'
            : holder.medium === 'file'
              ? `Read share ${holder.number} back`
              : `Compare the words of share ${holder.number}`}
        </Button>
      </ButtonRow>
    </>
  )
}

/** One holder at the screen: the share is written, then read back from where it was written. */
export const HolderPart = ({ ceremony, number, onChanged }: Props) => {
  const { blank, seconds, show, longer } = useBlank()
  const holder = ceremony.holders[number - 1]
  if (holder === undefined) return null
  const title = `${withoutControls(holder.name)}, share ${number} of ${ceremony.holders.length}`
  return (
    <Stage>
      {blank ? <Blanked seconds={seconds} onShow={show} /> : null}
      <div hidden={blank}>
        <Column>
          <PageHeader title={title} page="Share ceremony" object={withoutControls(ceremony.name)} />
          <Sides>
            <Panel aria-label="What to do">
              <Facts
                facts={[
                  ['Share', `${number} of ${ceremony.holders.length}`],
                  ['Check code', holder.checkCode],
                  [
                    'Written to',
                    holder.where === null ? 'nowhere yet' : <PathText key="where" path={holder.where} />,
                  ],
                ]}
              />
              {holder.problem === null ? null : <ProblemPanel problem={holder.problem} />}
              {holder.state === 'written' || (holder.state === 'failed' && holder.where !== null) ? (
                <ReadBack ceremony={ceremony} holder={holder} onChanged={onChanged} />
              ) : null}
              {holder.state === 'waiting' || holder.state === 'failed' ? (
                <WriteShare ceremony={ceremony} holder={holder} onChanged={onChanged} />
              ) : null}
            </Panel>
            <Holders ceremony={ceremony} />
          </Sides>
          <ButtonRow>
            <Button variant="text" onClick={longer}>
              Show longer: blank after 5 minutes
            </Button>
          </ButtonRow>
          <StopCeremony ceremony={ceremony} onChanged={onChanged} />
        </Column>
      </div>
    </Stage>
  )
}
