import Button from '@mui/material/Button'
import { useState } from 'react'
import type { RequestOf } from '../../shared/ipc/contract.ts'
import type { ShareCheck } from '../../shared/ipc/schemas.ts'
import { hashOf } from '../app/routes.ts'
import { ask, useAction, useAsk } from '../bridge/index.ts'
import type { ChosenPlace } from '../fields/FolderDialog.tsx'
import { OptionList, OptionRow } from '../fields/OptionRow.tsx'
import { useSecretControl } from '../fields/SecretInput.tsx'
import { usePlacePicker } from '../fields/use-place-picker.tsx'
import { Facts } from '../ui/Facts.tsx'
import { FactTime } from '../ui/FactTime.tsx'
import { count, withoutControls } from '../ui/format.ts'
import { ButtonRow, Column, Muted, Panel, PanelHeading } from '../ui/Panel.tsx'
import { PageHeader } from '../ui/PageHeader.tsx'
import { PathText } from '../ui/PathText.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { StatusMark } from '../ui/StatusMark.tsx'
import { groupStateWords } from './escrow-words.ts'
import { signerFacts } from './signer-facts.tsx'
import { TypedWords, withWords } from './TypedWords.tsx'

type Request = RequestOf<'escrow.checkShare'>
const firstGroups = {
  offset: 0,
  limit: 100,
  sort: { column: 'created', direction: 'desc' },
  search: '',
  filters: [],
} as const

/** What a manifest says that only its package vouches for is never said as if it were so. */
const selfVouched = ({ signer }: ShareCheck): boolean => signer?.standing === 'package-only'

const headWords = (found: ShareCheck): string => {
  const group = `the group “${withoutControls(found.group.name)}”`
  const number = `${found.number} of ${found.group.members}`
  if (!selfVouched(found))
    return found.belongs ? `Share ${number} of ${group}` : `This share is none of ${group}`
  const fits = found.belongs
    ? `This share fits this manifest as ${number}`
    : 'This share is not in this manifest'
  return `${fits} of ${group}; who signed it is not known here`
}

const Answer = ({ found }: { found: ShareCheck }) => (
  <Panel aria-label="Answer" role="status">
    <PanelHeading>
      <StatusMark
        mark={!found.belongs ? 'failed' : selfVouched(found) ? 'attention' : 'ok'}
        word={headWords(found)}
      />
    </PanelHeading>
    <Facts
      facts={[
        ['Check code', found.checkCode],
        [
          'State of the group',
          found.group.state === null
            ? 'not in this profile’s answer: a package was asked'
            : groupStateWords[found.group.state],
        ],
        ['Needed together', `${found.group.threshold} of ${found.group.members} shares`],
        ['Compared with', found.source],
        ...(found.signer === null ? [] : signerFacts(found.signer)),
        ['Checked', <FactTime key="at" at={found.at} />],
      ]}
    />
    {found.belongs && (found.group.state === 'void' || found.group.state === 'replaced') ? (
      <StatusMark
        mark="attention"
        word={
          found.group.state === 'void'
            ? 'The ceremony of this group is void: destroy this share'
            : 'This group is replaced: keep the share until its packages were wrapped anew, then destroy it'
        }
      />
    ) : null}
    {selfVouched(found) ? (
      <p>
        Whoever changed the package could have put this list of shares there, an old or void share with it.
        Compare the signing key with the key of the record on the sheet before you rely on this answer.
      </p>
    ) : null}
    {found.belongs ? (
      <p>
        The words read, their checksum fits, and the hash is the one in the list. Nothing else was learned.
      </p>
    ) : (
      <p>
        The words read and their checksum fits; by this list it is a share of another group or of an earlier
        ceremony. Compare the group and the date on the sheet.
      </p>
    )}
  </Panel>
)

/** A holder checks one share alone: no other share, no secret, and nothing is kept but that it was done. */
export const CheckShare = ({ about }: { about: string | null }) => {
  const groups = useAsk('escrow.groups', { page: { ...firstGroups, filters: [] } })
  const [against, setAgainst] = useState<string | null>(about)
  const [pack, setPack] = useState<ChosenPlace | null>(null)
  const [how, setHow] = useState<'file' | 'typed'>('file')
  const [folder, setFolder] = useState<{ place: string; label: string; names: string[] } | null>(null)
  const [name, setName] = useState<string | null>(null)
  const [missing, setMissing] = useState<string | null>(null)
  const [found, setFound] = useState<ShareCheck | null>(null)
  const words = useSecretControl()
  const picker = usePlacePicker()
  const pickPackage = useAction(async () => {
    const place = await picker.pick('package')
    if (place !== null) setPack(place)
  })
  const pickFile = useAction(async () => {
    const place = await picker.pick('share')
    if (place === null) return
    const { folder: label, names } = await ask('escrow.findShares', { place: place.id })
    setFolder({ place: place.id, label, names })
    setName(names.length === 1 ? (names[0] ?? null) : null)
  })
  const check = useAction(
    async (request: Request['against'], share: { place: string; name: string } | null) => {
      setFound(null)
      setFound(
        share === null
          ? await withWords(words, (bytes) =>
              ask('escrow.checkShare', { against: request, share: { kind: 'typed', words: bytes } }),
            )
          : await ask('escrow.checkShare', { against: request, share: { kind: 'file', ...share } }),
      )
    },
  )
  const submit = () => {
    const compared: Request['against'] | null =
      against === 'package'
        ? pack === null
          ? null
          : { kind: 'package', place: pack.id }
        : against === null
          ? null
          : { kind: 'group', group: against }
    if (compared === null) return setMissing('Choose the group, or the folder of a package')
    if (how === 'file' && (folder === null || name === null))
      return setMissing('Choose the folder and the file of the share')
    if (how === 'typed' && words.isEmpty()) {
      setMissing('Enter the words of the share')
      return words.focus()
    }
    setMissing(null)
    void check.run(
      compared,
      how === 'file' && folder !== null && name !== null ? { place: folder.place, name } : null,
    )
  }
  const known = (groups.value?.rows ?? []).filter(({ identifier }) => identifier !== null)
  return (
    <Column>
      <PageHeader
        title="Does this share belong to the group?"
        page="Check a share"
        up={{ label: 'Escrow', hash: hashOf.escrow() }}
        purpose="For one holder alone, with no other share. The answer is its number and check code, or that it is none of the group’s; the record says that it was checked."
      />
      <Panel>
        <PanelHeading>Compare with</PanelHeading>
        {groups.problem === null ? null : <ProblemPanel problem={groups.problem} />}
        <OptionList role="radiogroup" aria-label="Compare with" data-scrolls>
          {known.map((group) => (
            <OptionRow
              key={group.id}
              type="radio"
              name="against"
              checked={against === group.id}
              onChange={() => setAgainst(group.id)}
              label={withoutControls(group.name)}
            >
              <Muted>
                {group.state}; {group.threshold} of {group.members.length}; {group.id}
              </Muted>
            </OptionRow>
          ))}
          <OptionRow
            type="radio"
            name="against"
            checked={against === 'package'}
            onChange={() => setAgainst('package')}
            label="The list in a package"
          >
            <Muted>The package is verified first; it may be of another profile</Muted>
          </OptionRow>
        </OptionList>
        {against === 'package' ? (
          <div>
            <Button variant="outlined" onClick={() => void pickPackage.run()}>
              Choose folder of the package
            </Button>{' '}
            {pack === null ? null : <PathText path={pack.label} />}
          </div>
        ) : null}
        {pickPackage.problem === null ? null : <ProblemPanel problem={pickPackage.problem} />}
      </Panel>
      <Panel>
        <PanelHeading>The share</PanelHeading>
        <OptionList role="radiogroup" aria-label="The share">
          <OptionRow
            type="radio"
            name="how"
            checked={how === 'file'}
            onChange={() => setHow('file')}
            label="Read from its file"
          />
          <OptionRow
            type="radio"
            name="how"
            checked={how === 'typed'}
            onChange={() => setHow('typed')}
            label="Typed from paper"
          />
        </OptionList>
        {how === 'file' ? (
          <>
            <div>
              <Button variant="outlined" onClick={() => void pickFile.run()}>
                Choose folder of the share
              </Button>{' '}
              {folder === null ? null : <PathText path={folder.label} />}
            </div>
            {folder === null ? null : (
              <>
                <Muted>
                  {count(folder.names.length, 'file of a share', 'files of shares')} in this folder
                </Muted>
                <OptionList role="radiogroup" aria-label="File of the share" data-scrolls>
                  {folder.names.map((one) => (
                    <OptionRow
                      key={one}
                      type="radio"
                      name="share-file"
                      checked={name === one}
                      onChange={() => setName(one)}
                      label={one}
                    />
                  ))}
                </OptionList>
              </>
            )}
            {pickFile.problem === null ? null : <ProblemPanel problem={pickFile.problem} />}
          </>
        ) : (
          <TypedWords control={words} onEnter={submit} />
        )}
      </Panel>
      <div role="alert">{missing === null ? null : <StatusMark mark="failed" word={missing} />}</div>
      {check.problem === null ? null : <ProblemPanel problem={check.problem} />}
      <ButtonRow>
        <Button variant="contained" aria-disabled={check.busy} onClick={submit}>
          {check.busy ? 'Checking …' : 'Check this share'}
        </Button>
      </ButtonRow>
      {found === null ? null : <Answer found={found} />}
      {picker.dialog}
    </Column>
  )
}
