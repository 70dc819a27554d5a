// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.agent;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpCallException;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.session.UnknownToolException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.util.StringUtils;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Passes tool calls on to the configured servers.
 */
@RestController
class ToolsController {

	private static final Duration SOON = Duration.ofSeconds(5);

	private static final int LONGEST_BODY = 1024 * 1024;

	private static final TypeReference<Map<String, Object>> ARGUMENTS = new TypeReference<>() {
	};

	private final McpOAuthManager manager;

	private final McpToolClient tools;

	private final JsonMapper json;

	ToolsController(McpOAuthManager manager, McpToolClient tools, JsonMapper json) {
		this.manager = manager;
		this.tools = tools;
		this.json = json;
	}

	@GetMapping("/tools")
	Mono<List<Map<String, Object>>> tools() {
		return Flux.fromIterable(this.manager.servers())
			.flatMapSequential((server) -> toolsOf(server.name()))
			.collectList();
	}

	private Mono<Map<String, Object>> toolsOf(String server) {
		return this.tools.listTools(server)
			.map((found) -> Map.<String, Object>of("server", server, "tools", found))
			.onErrorResume(LoginRequiredException.class, (ex) -> Mono.just(ex.needsReauth().toMap()))
			.onErrorResume(McpOAuthException.class, (ex) -> Mono.just(members(ex)));
	}

	/**
	 * Takes {@code application/json} only, which a browser sends to another site after
	 * asking only: a form or a script of a web page cannot call tools.
	 */
	@PostMapping(path = "/tools/{server}/{tool}", consumes = MediaType.APPLICATION_JSON_VALUE)
	Mono<Map<String, Object>> call(@PathVariable String server, @PathVariable String tool, ServerHttpRequest request) {
		return DataBufferUtils.join(request.getBody(), LONGEST_BODY)
			.map(ToolsController::text)
			.filter(StringUtils::hasText)
			.mapNotNull((body) -> this.json.readValue(body, ARGUMENTS))
			.defaultIfEmpty(Map.of())
			.flatMap((arguments) -> this.tools.callTool(server, tool, arguments));
	}

	private static String text(DataBuffer body) {
		try {
			return body.toString(StandardCharsets.UTF_8);
		}
		finally {
			DataBufferUtils.release(body);
		}
	}

	@ExceptionHandler({ UnknownServerException.class, UnknownToolException.class })
	ResponseEntity<Map<String, Object>> notFound(McpOAuthException ex) {
		return ResponseEntity.status(HttpStatus.NOT_FOUND).body(members(ex));
	}

	@ExceptionHandler({ JacksonException.class, DataBufferLimitException.class })
	ResponseEntity<Map<String, Object>> badRequest() {
		return ResponseEntity.badRequest().body(Map.of("error", "The body is not a JSON object"));
	}

	@ExceptionHandler
	ResponseEntity<Map<String, Object>> unavailable(TransientAuthorizationException ex) {
		return tryLater(ex, ex.getRetryAfter());
	}

	@ExceptionHandler
	ResponseEntity<Map<String, Object>> failed(McpCallException ex) {
		return switch (ex.getReason()) {
			case UNAVAILABLE, CLOSED -> tryLater(ex, ex.getRetryAfter());
			case UNANSWERED -> ResponseEntity.status(HttpStatus.GATEWAY_TIMEOUT).body(members(ex));
			case REFUSED -> ResponseEntity.status(HttpStatus.BAD_GATEWAY).body(members(ex));
		};
	}

	private static ResponseEntity<Map<String, Object>> tryLater(McpOAuthException ex, @Nullable Duration retryAfter) {
		Duration wait = (retryAfter != null) ? retryAfter : SOON;
		return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE)
			.header(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, wait.plusMillis(999).toSeconds())))
			.body(members(ex));
	}

	private static Map<String, Object> members(McpOAuthException ex) {
		return Map.of("server", ex.getServer(), "error", String.valueOf(ex.getMessage()));
	}

}
