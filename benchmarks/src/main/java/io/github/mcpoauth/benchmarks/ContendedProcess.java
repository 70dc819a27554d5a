/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

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
	 * Get a token for each line of the standard input.
	 * @param args directory of the store, URL of the server
	 * @throws IOException if there is nothing to read
	 */
	public static void main(String[] args) throws IOException {
		BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		try (Starter starter = Starter.withFilesIn(Path.of(args[0]), Map.of(Contended.SERVER, URI.create(args[1])),
				Map.of())) {
			System.out.println("ready now");
			while (input.readLine() != null) {
				starter.manager().token(GrantKey.of(Contended.SERVER)).block(Patience.LONG);
				System.out.println("served now");
			}
		}
	}

}
