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

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.benchmarks.Starter.Tokens;
import reactor.core.publisher.Flux;

/**
 * Very many servers with a grant each.
 */
final class Scale implements Part {

	static final String NAME = "scale";

	private static final List<Integer> SIZES = List.of(10, 100, 1_000, 10_000);

	private static final int STARTS = 3;

	private static final int ROUNDS = 3;

	@Override
	public Results measure() throws Exception {
		Results results = new Results(NAME, "servers", "start, ms", "threads", "hot path, CPU time, ns",
				"first token of all, ms", "threads then");
		HotPath.Rounds[] rounds = new HotPath.Rounds[SIZES.size()];
		for (int round = 0; round < ROUNDS; round++) {
			for (int size = 0; size < rounds.length; size++) {
				rounds[size] = (rounds[size] != null) ? rounds[size] : new HotPath.Rounds();
				rounds[size].run(List.of("starterAmongMany"), SIZES.get(size).toString());
			}
		}
		for (int size = 0; size < rounds.length; size++) {
			int servers = SIZES.get(size);
			List<Double> millis = new ArrayList<>();
			String threads = "";
			for (int start = 0; start < STARTS; start++) {
				try (JavaProcess process = JavaProcess.start(ClassPath.starter(), StartUpApplication.class,
						StartUpApplication.Plain.class.getName(), Integer.toString(servers))) {
					String[] answer = process.await("started").split(" ");
					millis.add(Double.parseDouble(answer[0]));
					threads = answer[2];
				}
			}
			Grants grants = grants(servers);
			results.row(Integer.toString(servers),
					results.keep("start with %d servers, ms".formatted(servers), Samples.of(millis)).text(0), threads,
					results
						.keep("hot path with %d servers, ns".formatted(servers), rounds[size].nanos("starterAmongMany"))
						.text(0),
					"%.0f".formatted(grants.millis()), Integer.toString(grants.threads()));
		}
		return results;
	}

	/**
	 * Ask for the token of each of many servers.
	 */
	private static Grants grants(int servers) throws IOException {
		Map<String, URI> urls = new LinkedHashMap<>();
		for (int server = 0; server < servers; server++) {
			urls.put("s" + server, URI.create("https://mcp.example.com/s%d/mcp".formatted(server)));
		}
		try (Starter starter = Starter.withFiles(urls, Map.of())) {
			Tokens tokens = new Tokens("token", "refresh", URI.create("https://mcp.example.com/token"));
			starter.login("s0", tokens, Starter.FOREVER);
			starter.copyLogin("s0", List.copyOf(urls.keySet()).subList(1, servers));
			long began = System.nanoTime();
			Flux.fromIterable(urls.keySet())
				.flatMap((server) -> starter.manager().token(GrantKey.of(server)))
				.blockLast(Duration.ofMinutes(2));
			return new Grants((System.nanoTime() - began) / 1e6, ManagementFactory.getThreadMXBean().getThreadCount());
		}
	}

	/**
	 * What that took.
	 *
	 * @param millis how long
	 * @param threads how many threads there were afterwards
	 */
	private record Grants(double millis, int threads) {

	}

}
