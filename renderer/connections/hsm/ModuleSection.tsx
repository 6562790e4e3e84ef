import Button from '@mui/material/Button'
import { useState } from 'react'
import type { HsmModuleChoice, HsmModuleLoaded, HsmModuleShown } from '../../../shared/model/hsm.ts'
import type { HsmTokenShown } from '../../../shared/model/hsm.ts'
import { useAsk } from '../../bridge/index.ts'
import { ChoiceAnswer } from '../../fields/ChoiceAnswer.tsx'
import { Facts } from '../../ui/Facts.tsx'
import { withoutControls } from '../../ui/format.ts'
import { ButtonRow, Muted } from '../../ui/Panel.tsx'
import { PathText } from '../../ui/PathText.tsx'
import { ProblemPanel } from '../../ui/ProblemPanel.tsx'
import { Thumbprint } from '../../ui/Thumbprint.tsx'
import { FormSection } from '../form/FormSection.tsx'
import { ModuleDialog } from './ModuleDialog.tsx'
import { moduleField, tokenField } from './texts.ts'
import { TokenReport } from './TokenReport.tsx'
import { useModule } from './use-module.ts'

interface Props {
  module: string
  serial: string
  /** What the connection has; null: a new one. */
  present: { path: string; sha256: string } | null
  errorOf: (field: string) => string | null
  onModule: (module: string) => void
  onToken: (token: HsmTokenShown) => void
}

const Looked = ({ looked }: { looked: HsmModuleShown }) => (
  <Facts
    facts={[
      ['File', <PathText key="file" path={looked.realPath} />],
      ['Owner', `${looked.owner ?? 'not known on this system'}; nobody else but administrators may write it`],
      ['Library', `64 bit, ${looked.format.toUpperCase()}, ${looked.bytes.toLocaleString('en-US')} bytes`],
      ['SHA-256', <Thumbprint key="hash" value={looked.sha256.toUpperCase()} label="SHA-256" />],
      ...Object.entries(looked.configuration).map(
        ([name, path]) => [`Settings (${name})`, <PathText key={name} path={path} />] as const,
      ),
    ]}
  />
)

const Loaded = ({ loaded }: { loaded: HsmModuleLoaded }) => (
  <Facts
    facts={[
      ['Says of itself', withoutControls(`${loaded.manufacturer}, ${loaded.description} ${loaded.version}`)],
      ['PKCS#11', loaded.cryptoki],
      [
        'Slots',
        loaded.slots
          .map(({ description, token }) =>
            withoutControls(
              `${description}: ${token === null ? 'no token' : token.initialised ? token.label : 'a token that was never set up'}`,
            ),
          )
          .join('; ') || 'none',
      ],
    ]}
  />
)

/** Module, then its token: the file is looked at before anything of it is loaded. */
export const ModuleSection = ({ module, serial, present, errorOf, onModule, onToken }: Props) => {
  const { value, problem } = useAsk('hsm.modules', {})
  const [picked, setPicked] = useState<HsmModuleChoice[]>([])
  const [choosing, setChoosing] = useState(false)
  const { looked, loaded, look, load } = useModule()
  const choices = [...(value?.modules ?? []), ...picked]
  const tokens = (loaded?.slots ?? []).flatMap(({ token }) => (token?.initialised === true ? [token] : []))
  const choose = (id: string) => {
    onModule(id)
    void look.run(id)
  }
  const chosen = (picks: HsmModuleChoice | null) => {
    setChoosing(false)
    if (picks === null) return
    if (!choices.some(({ id }) => id === picks.id)) setPicked([...picked, picks])
    choose(picks.id)
  }
  const failed = problem ?? look.problem ?? load.problem
  return (
    <FormSection title="Module and token">
      {present === null || module !== '' ? null : (
        <Facts
          facts={[
            ['Module', <PathText key="module" path={present.path} />],
            ['SHA-256', <Thumbprint key="hash" value={present.sha256.toUpperCase()} label="SHA-256" />],
            ['Token', `serial ${serial}`],
          ]}
        />
      )}
      <ChoiceAnswer
        field={moduleField(choices)}
        value={module}
        onChange={(id) => choose(String(id))}
        error={errorOf('module')}
      />
      {choices.length > 0 || problem !== null ? null : (
        <Muted>
          {value === null
            ? 'Looking where vendors put their modules …'
            : 'None lies where vendors put their modules.'}
        </Muted>
      )}
      <ButtonRow>
        <Button variant="outlined" onClick={() => setChoosing(true)}>
          {choices.length > 0 ? 'Choose another file' : 'Choose the file'}
        </Button>
      </ButtonRow>
      {choosing ? <ModuleDialog onChosen={chosen} /> : null}
      {failed === null ? null : <ProblemPanel problem={failed} />}
      {looked === null ? null : (
        <>
          <Looked looked={looked} />
          <ButtonRow>
            <Button variant="outlined" aria-disabled={load.busy} onClick={() => void load.run(looked.id)}>
              {load.busy ? 'Loading …' : 'Load it and list its tokens'}
            </Button>
          </ButtonRow>
          <Muted>Loading runs the vendor’s code, in a process of its own. No PIN is tried.</Muted>
        </>
      )}
      {loaded === null ? null : <Loaded loaded={loaded} />}
      {loaded === null ? null : tokens.length === 0 ? (
        <p role="status">The module shows no token that was set up.</p>
      ) : (
        <ChoiceAnswer
          field={tokenField(tokens)}
          value={serial}
          onChange={(wanted) => {
            const token = tokens.find((one) => one.serial === wanted)
            if (token !== undefined) onToken(token)
          }}
          error={errorOf('serial')}
        />
      )}
      {loaded === null || !tokens.some((token) => token.serial === serial) ? null : (
        <TokenReport key={serial} module={module} serial={serial} />
      )}
    </FormSection>
  )
}
