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

package io.github.mcpoauth.session;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.spec.McpSchema.InitializeResult;
import reactor.core.publisher.Mono;

/**
 * One client of the MCP library and the handshake it starts with. The handshake belongs
 * to nobody: a caller that goes away must not leave the others with half of one.
 */
final class Connection {

	private final McpAsyncClient client;

	private final CompletableFuture<InitializeResult> initialized = new CompletableFuture<>();

	private final AtomicBoolean started = new AtomicBoolean();

	Connection(McpAsyncClient client) {
		this.client = client;
	}

	McpAsyncClient client() {
		return this.client;
	}

	Mono<InitializeResult> ready() {
		return Mono.defer(() -> {
			if (this.started.compareAndSet(false, true)) {
				this.client.initialize().subscribe(this.initialized::complete, this.initialized::completeExceptionally);
			}
			return Mono.fromFuture(this.initialized, true);
		});
	}

	Mono<Void> close() {
		return this.client.closeGracefully().onErrorComplete();
	}

}
