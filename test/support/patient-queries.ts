/**
 * Runs before each test file. A page's state is waited for, however long a busy machine takes; the library's default is
 * one second. Only files with a page load the library.
 */
if ('document' in globalThis) {
  const { configure } = await import('@testing-library/react')
  configure({ asyncUtilTimeout: 15_000 })
}
