import { styled } from '@mui/material/styles'
import { lazy, Suspense, useCallback, useState, type ReactNode } from 'react'
import { headerHeight, lowWindow } from '../../theme/GlobalLook.tsx'
import { useLeaving } from '../routes.ts'
import { useApp } from '../state/app-state.ts'
import { usePage } from '../state/page.ts'
import { EnvironmentBand, WindowEdge } from './EnvironmentBand.tsx'
import { InterruptedBanner } from './InterruptedBanner.tsx'
import { NavList } from './NavList.tsx'
import { Notices } from './Notices.tsx'
import { useShortcuts } from './shortcuts.ts'
import { SignInCodes } from './SignInCodes.tsx'
import { SnackBar } from './SnackBar.tsx'
import { TopBar } from './TopBar.tsx'

const GoTo = lazy(() => import('./GoTo.tsx'))
const NavDrawer = lazy(() => import('./NavDrawer.tsx'))
const LeaveDialog = lazy(() => import('./LeaveDialog.tsx'))

const Skip = styled('a')(({ theme }) => ({
  position: 'fixed',
  insetInlineStart: 12,
  top: -80,
  zIndex: 1950,
  padding: '8px 16px',
  borderRadius: 4,
  backgroundColor: theme.vars.palette.background.paper,
  color: theme.vars.palette.text.primary,
  '&:focus': { top: 8 },
}))
const Header = styled('header')({
  position: 'sticky',
  top: 0,
  zIndex: 1100,
  [lowWindow]: { position: 'static' },
})
const Body = styled('div')({ display: 'flex', alignItems: 'flex-start' })
const Nav = styled('nav')(({ theme }) => ({
  width: 232,
  flex: 'none',
  position: 'sticky',
  top: headerHeight,
  height: `calc(100vh - ${headerHeight}px)`,
  overflow: 'auto',
  borderInlineEnd: `1px solid ${theme.vars.palette.surface.line}`,
  '@media (max-width: 1099.95px)': { width: 64 },
  '@media (max-width: 719.95px)': { display: 'none' },
  [lowWindow]: { position: 'static', height: 'auto' },
}))
const Content = styled('div')({ flex: '1 1 0', minWidth: 0 })
const Main = styled('main')({
  padding: '24px 32px 48px',
  '@media (max-width: 719.95px)': { padding: '16px 16px 32px' },
})

/** The frame of every page but the lock. `bare`: no navigation yet (first start). */
export const Frame = ({ children, bare = false }: { children: ReactNode; bare?: boolean }) => {
  const app = useApp((store) => store.app)
  const ofPage = usePage((store) => store.environment)
  const leaving = useLeaving()
  const [searching, setSearching] = useState(false)
  const [menu, setMenu] = useState(false)
  const search = useCallback(() => setSearching(true), [])
  useShortcuts(search, !bare)
  if (app === null) return null
  const environment = app.profile === 'rehearsal' ? 'rehearsal' : (ofPage ?? app.environment)
  return (
    <>
      <Header data-region>
        <Skip
          href="#main"
          onClick={(event) => {
            event.preventDefault()
            const page = document.querySelector<HTMLElement>('main')
            ;(page?.querySelector<HTMLElement>('h1') ?? page)?.focus()
          }}
        >
          Skip to the page
        </Skip>
        <EnvironmentBand environment={environment} />
        <TopBar app={app} bare={bare} onMenu={() => setMenu(true)} onSearch={search} />
      </Header>
      <Body>
        {bare ? null : (
          <Nav aria-label="Pages" data-region>
            <NavList folding />
          </Nav>
        )}
        <Content>
          {bare ? null : (
            <>
              <InterruptedBanner runs={app.runs} />
              <SignInCodes signIns={app.signIns} />
              <Notices />
            </>
          )}
          <Main id="main" data-region tabIndex={-1}>
            {children}
          </Main>
        </Content>
      </Body>
      {environment === 'none' ? null : <WindowEdge environment={environment} />}
      <SnackBar />
      <Suspense fallback={null}>
        {searching ? <GoTo onClose={() => setSearching(false)} /> : null}
        {menu ? <NavDrawer onClose={() => setMenu(false)} /> : null}
        {leaving === null ? null : <LeaveDialog question={leaving.question} />}
      </Suspense>
    </>
  )
}
