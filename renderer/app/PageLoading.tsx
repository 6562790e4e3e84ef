/** Announced, not animated: pages come from the disk and are there in a moment. */
export const PageLoading = () => <p role="status">Opening the page …</p>
