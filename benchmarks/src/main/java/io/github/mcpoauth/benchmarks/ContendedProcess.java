// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

import io.github.mcpoauth.GrantKey;

/**
 * One of the processes that need a token at the same time.
 */
public final class ContendedProcess {

	private ContendedProcess() {
	}

	/**
	 * The first refresh is that of an application that has run for a while.
	 */
	private static void awaitWarmUp() {
		Thread.getAllStackTraces().keySet().forEach((thread) -> {
			if ("mcp-oauth-warm-up".equals(thread.getName())) {
				join(thread);
			}
		});
	}

	private static void join(Thread thread) {
		try {
			thread.join(Patience.LONG.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Get a token for each line of the standard input.
	 * @param args directory of the store, URL of the server
	 * @throws IOException if there is nothing to read
	 */
	public static void main(String[] args) throws IOException {
		BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		try (Starter starter = Starter.withFilesIn(Path.of(args[0]), Map.of(Contended.SERVER, URI.create(args[1])),
				Map.of())) {
			awaitWarmUp();
			System.out.println("ready now");
			while (input.readLine() != null) {
				starter.manager().provider(GrantKey.of(Contended.SERVER)).token().block(Patience.LONG);
				System.out.println("served now");
			}
		}
	}

}
