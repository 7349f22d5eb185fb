import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { SourceRow } from './map-row.ts';

const CHUNK_ROWS = 10_000;

/**
 * Reads a Parquet file row group by row group, so that memory holds one group at most.
 * @param onProgress Told the share that is read, 0 to 1.
 */
export async function* readParquet(
  file: string,
  onProgress: (share: number) => void,
): AsyncGenerator<readonly SourceRow[]> {
  const buffer = await asyncBufferFromFile(file);
  if (buffer.byteLength === 0) throw new Error('the file is empty');
  const metadata = await parquetMetadataAsync(buffer);
  const total = Number(metadata.num_rows);
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    for (let rowStart = start; rowStart < end; rowStart += CHUNK_ROWS) {
      const rowEnd = Math.min(rowStart + CHUNK_ROWS, end);
      const rows = await parquetReadObjects({
        file: buffer,
        metadata,
        rowStart,
        rowEnd,
        compressors,
      });
      yield rows.map((values, i) => ({ number: rowStart + i + 1, values }));
      onProgress(rowEnd / total);
    }
    start = end;
  }
}
