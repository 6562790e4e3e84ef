import Button from '@mui/material/Button'
import { styled } from '@mui/material/styles'
import { useState } from 'react'
import { useAsk } from '../bridge/index.ts'
import { FactTime } from '../ui/FactTime.tsx'
import { withoutControls } from '../ui/format.ts'
import { PathText } from '../ui/PathText.tsx'
import { ButtonRow, Muted, Panel } from '../ui/Panel.tsx'
import { ProblemPanel } from '../ui/ProblemPanel.tsx'
import { childOf, parentOf } from './server-folder.ts'

const List = styled('ul')({ listStyle: 'none', padding: 0, maxHeight: 240, overflow: 'auto' })

/** Folders as the server lists them; Keyturn itself never opens them. */
export const ServerFolders = (props: { target: string; start: string; onUse: (path: string) => void }) => {
  const [path, setPath] = useState(props.start)
  const { value, state, problem } = useAsk('serverFiles.list', { target: props.target, path })
  const failed = problem ?? value?.problem ?? null
  const here = value?.path ?? path
  const above = parentOf(here)
  return (
    <Panel sx={{ maxWidth: 720 }} aria-label="Folders on the server">
      <ButtonRow>
        {here === '' ? <span>Drives of the server</span> : <PathText path={here} />}
        {above === null ? null : (
          <Button size="small" variant="text" onClick={() => setPath(above)}>
            Up one folder
          </Button>
        )}
        {here === '' || failed !== null ? null : (
          <Button size="small" variant="contained" onClick={() => props.onUse(here)}>
            Use this folder
          </Button>
        )}
      </ButtonRow>
      {failed === null ? null : (
        <ProblemPanel
          problem={failed}
          actions={
            path === '' ? undefined : (
              <Button variant="outlined" onClick={() => setPath('')}>
                List drives
              </Button>
            )
          }
        />
      )}
      {state === 'loading' ? <p role="status">The server is asked …</p> : null}
      {value === null || failed !== null ? null : (
        <>
          <List>
            {value.entries
              .filter(({ folder }) => folder)
              .map(({ name }) => (
                <li key={name}>
                  <Button size="small" variant="text" onClick={() => setPath(childOf(here, name))}>
                    <bdi>{withoutControls(name)}</bdi>
                  </Button>
                </li>
              ))}
          </List>
          {value.entries.some(({ folder }) => folder) ? null : <p>No folders in here.</p>}
          <Muted>
            {value.source}, <FactTime at={value.at} />
          </Muted>
        </>
      )}
    </Panel>
  )
}
